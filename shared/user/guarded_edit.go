package user

import (
	"context"
	"errors"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// guardedEdit is an edit with the target that it was decided on. It is written
// with optimistic concurrency control.
type guardedEdit struct {
	edit     Edit
	guard    Guard
	req      request.Request
	username string            // of the target, as the caller gave it
	target   User              // as it was read
	attempt  ratelimit.Attempt // zero if the edit is not rate limited
}

// maxWrites is how often an edit is tried while others keep changing the target.
const maxWrites = 3

// write writes the edit. What it revokes and what the audit log records depend
// on the target as it was read. If the target has changed since, write reads it
// again and decides again.
func (c guardedEdit) write(ctx context.Context, db Updater) error {
	for range maxWrites {
		c.guard.Username, c.guard.ExpectedTarget = c.target.Username, c.target.snapshot()
		outcome, err := db.UpdateUser(ctx, c.guard, c.edit.withRevocations(c.target), c.event())
		if err == nil {
			err = outcome.err()
		}
		switch {
		case errors.Is(err, fault.Conflict):
			return audit.RecordRefusal(ctx, db, c.failed(), notWrong(ctx, db, c.edit.Clear, err))
		case !errors.Is(err, fault.NotFound):
			return err
		}
		_, again, err := authorize(ctx, c.req.Caller, db, c.username)
		if err != nil {
			return err
		}
		if again.UUID != c.target.UUID {
			return errNotFound() // another account has the name now
		}
		c.target = *again
	}
	return errChanging()
}

func (c guardedEdit) event() audit.Event {
	e := audit.NewEvent(c.req, c.edit.actions(c.target)...)
	e.Target, e.Detail = c.target.UUID, c.edit.detail() // so that the MAC covers the target
	e.AddIf(c.attempt.Last, audit.ActionWait)
	return e
}

// failed is the event of an edit that was refused because a name is taken or
// because the last ADMIN would be gone.
func (c guardedEdit) failed() audit.Event {
	e := audit.NewEvent(c.req, audit.ActionUpdateFailed)
	e.Target = c.target.UUID
	e.AddIf(c.attempt.Last, audit.ActionWait)
	return e
}
