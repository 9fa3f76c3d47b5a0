package user

import (
	"context"
	"errors"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// ResetSender stores the reset tokens that an ADMIN has sent.
type ResetSender interface {
	Viewer
	ratelimit.Limiter
	// CreateResetAsAdmin stores a reset token for the target of the guard, if the
	// guard holds and the account is active. The token's own Target is not read.
	CreateResetAsAdmin(ctx context.Context, g Guard, r NewReset, e audit.Event) (Outcome, error)
}

// SendReset mails the owner of an account a link that sets its password, for an
// ADMIN, who does not see it. It refuses with Conflict for an account that is not
// active, and with TooMany if the ADMIN has sent too many mails or the account has
// been sent too many. It fails with Unavailable if the mail cannot be sent.
func SendReset(ctx context.Context, req request.Request, db ResetSender, p ForgetPasswordParts, username string) error {
	self, target, err := resetTarget(ctx, req, db, username)
	if err != nil {
		return err
	}
	budgets := append(ratelimit.Of(ratelimit.Owner{Account: target.UUID}, p.Limits.forgetAccount()), p.Limits.adminMail(self.UUID))
	attempt, err := ratelimit.Consume(ctx, db, req.At, budgets...)
	if err != nil {
		return err
	}
	token, hash := p.Tokens.Mint()
	for range maxWrites {
		event := audit.NewEvent(req, audit.ActionResetAsked)
		event.Target = target.UUID
		event.AddIf(attempt.Last, audit.ActionWait)
		reset := NewReset{Hash: hash, CreatedAt: req.At, ExpiresAt: req.At.Add(linkLifetime(*target))}
		guard := Guard{Caller: req.Caller, AsAdmin: true, TargetUUID: target.UUID, Username: target.Username, ExpectedTarget: target.snapshot()}
		outcome, err := db.CreateResetAsAdmin(ctx, guard, reset, event)
		if err == nil {
			err = outcome.err()
		}
		switch {
		case err == nil:
			return mailLink(ctx, p.Notices, *target, token)
		case !errors.Is(err, fault.NotFound):
			return err
		}
		if _, target, err = resetTarget(ctx, req, db, username); err != nil { // it has changed since
			return err
		}
	}
	return errChanging()
}

// resetTarget returns the caller, who must be an ADMIN, and the account, which must
// be active.
func resetTarget(ctx context.Context, req request.Request, db Viewer, username string) (self, target *User, err error) {
	self, target, err = authorize(ctx, req.Caller, db, username)
	switch {
	case err != nil:
		return nil, nil, err
	case self.Role != RoleAdmin:
		return nil, nil, fault.NotPermitted()
	case !target.Active:
		return nil, nil, &fault.Error{Code: fault.Conflict, Message: "The account is not active. Activate it first."}
	}
	return self, target, nil
}

// mailLink tells an ADMIN of a mail that was not sent. forget_password does not,
// because its answer must not reveal accounts.
func mailLink(ctx context.Context, n Notices, to User, token string) error {
	if err := n.sendLink(ctx, to, token); err != nil {
		return &fault.Error{Code: fault.Unavailable, Message: "The mail was not sent. Please try again.", RetryAfter: time.Minute, Cause: err}
	}
	return nil
}
