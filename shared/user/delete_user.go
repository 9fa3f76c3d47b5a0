package user

import (
	"context"
	"errors"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// Deleter removes accounts.
type Deleter interface {
	Viewer
	audit.Recorder
	// DeleteUser removes the account and everything that belongs to it, with these
	// counters, unless the guard refuses.
	DeleteUser(ctx context.Context, g Guard, clear []ratelimit.Budget, e audit.Event) (Outcome, error)
}

// Delete removes the caller's own account, or for an ADMIN any account. It
// refuses with Conflict to remove the last active ADMIN.
func Delete(ctx context.Context, req request.Request, db Deleter, username string) error {
	self, target, err := authorize(ctx, req.Caller, db, username)
	if err != nil {
		return err
	}
	deleted := audit.NewEvent(req, audit.ActionDelete)
	deleted.Target = target.UUID
	outcome, err := db.DeleteUser(ctx, Guard{
		Caller: req.Caller, AsAdmin: self.UUID != target.UUID,
		TargetUUID: target.UUID, Username: target.Username, RemovesAdmin: true,
	}, countersOf(target.UUID), deleted)
	if err == nil {
		err = outcome.err()
	}
	if errors.Is(err, fault.Conflict) {
		failed := audit.NewEvent(req, audit.ActionDeleteFailed)
		failed.Target = target.UUID
		return audit.RecordRefusal(ctx, db, failed, err)
	}
	return err
}

// countersOf returns the budgets whose counters are found by the account's UUID.
func countersOf(uuid string) (budgets []ratelimit.Budget) {
	var anyLimits Limits // the key of a counter does not depend on its limit
	for _, c := range anyLimits.countersOf(uuid) {
		budgets = append(budgets, c.Budget)
	}
	return budgets
}
