package user

import (
	"context"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// passwordConfirmation checks the current password, which callers must give to
// change the password of their own account.
type passwordConfirmation struct {
	passwords Passwords
	budget    ratelimit.Budget
	user      User
	password  string
}

// confirmationStore counts attempts at the current password and records failures.
type confirmationStore interface {
	ratelimit.Limiter
	FailureRecorder
	// ClearLimits deletes the counters of the budgets.
	ClearLimits(ctx context.Context, budgets []ratelimit.Budget) error
}

// check verifies the password and returns the budgets to clear. It
// records a wrong password in the audit log.
func (c passwordConfirmation) check(ctx context.Context, req request.Request, db confirmationStore) (clear []ratelimit.Budget, err error) {
	attempt, err := ratelimit.Consume(ctx, db, req.At, c.budget)
	if err != nil {
		return nil, err
	}
	if ok, _ := c.passwords.verify(ctx, c.user, c.password); !ok {
		event := audit.NewEvent(req, audit.ActionPasswordFailed)
		event.Target = c.user.UUID
		event.AddIf(attempt.Last, audit.ActionWait)
		return nil, refuse(ctx, db, []ratelimit.Budget{c.budget}, event, fault.Fields{"current_password": "is not right"}.Err())
	}
	return []ratelimit.Budget{c.budget}, nil
}

// notWrong returns a refusal that has nothing to do with the current password. If
// that was checked and right, its attempt is no failure and is taken back.
func notWrong(ctx context.Context, db confirmationStore, right []ratelimit.Budget, refusal error) error {
	if len(right) > 0 {
		if err := db.ClearLimits(ctx, right); err != nil {
			return err
		}
	}
	return refusal
}
