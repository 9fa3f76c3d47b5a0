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

// change is an edit on its way to the store.
type guardedEdit struct {
	edit     Edit
	guard    Guard
	req      request.Request
	username string            // of the target, as the caller gave it
	target   User              // as it was read
	attempt  ratelimit.Attempt // zero where the change has no budget
}

// maxDecisions is how often a change is decided on before it is given up.
const maxWrites = 3

// write makes the change. What it ends and what the log says of it are decided
// on the target as it was read. When another change was quicker, the target is
// read, and the change decided on, once more.
func (c guardedEdit) write(ctx context.Context, db Updater) error {
	for range maxWrites {
		c.guard.Username, c.guard.ExpectedTarget = c.target.Username, c.target.snapshot()
		outcome, err := db.UpdateUser(ctx, c.guard, c.edit.withRevocations(c.target), c.event())
		if err == nil {
			err = outcome.err()
		}
		switch {
		case errors.Is(err, fault.Conflict) && c.attempt.Last:
			return audit.RecordRefusal(ctx, db, c.waitEvent(), err)
		case !errors.Is(err, fault.NotFound):
			return err
		}
		_, again, err := authorize(ctx, c.req.Caller, db, c.username)
		if err != nil {
			return err
		}
		if again.UUID != c.target.UUID {
			return errNotFound() // that name is another account's now
		}
		c.target = *again
	}
	return &fault.Error{Code: fault.Unavailable, Message: "The account is being changed. Please try again.", RetryAfter: time.Second}
}

func (c guardedEdit) event() audit.Event {
	e := audit.NewEvent(c.req, c.edit.actions(c.target)...)
	e.Detail = c.edit.detail()
	e.AddIf(c.attempt.Last, audit.ActionWait)
	return e
}

// waitEvent is the event of a change that was refused, and was the last for a
// while.
func (c guardedEdit) waitEvent() audit.Event {
	e := audit.NewEvent(c.req, audit.ActionWait)
	e.Target = c.target.UUID
	return e
}
