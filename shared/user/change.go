package user

import (
	"context"
	"errors"
	"time"
)

// change is an edit on its way to the store.
type change struct {
	edit   Edit
	guard  Guard
	from   Client
	name   string // of the target, as the caller gave it
	target User   // as it was read
	try    Try    // zero where the change has no budget
}

// decisions is how often a change is decided on before it is given up.
const decisions = 3

// write makes the change, with what it ends and what the log says of it decided
// on the target as it was read. A target that another change has made a
// different one is read, and decided on, once more.
func (c change) write(ctx context.Context, db Updater) error {
	for range decisions {
		c.guard.Username, c.guard.Seen = c.target.Username, c.target.standing()
		outcome, err := db.UpdateUser(ctx, c.guard, c.edit.ending(c.target), c.event())
		if err == nil {
			err = outcome.err()
		}
		switch {
		case errors.Is(err, Conflict) && c.try.Last:
			return audit(ctx, db, c.waits(), err)
		case !errors.Is(err, NotFound):
			return err
		}
		_, again, err := authorize(ctx, c.guard.Caller, db, c.name)
		if err != nil {
			return err
		}
		if again.UUID != c.target.UUID {
			return errNotFound() // that name is another account's now
		}
		c.target = *again
	}
	return &Error{Code: Unavailable, Message: "The account is being changed. Please try again.", RetryAfter: time.Second}
}

func (c change) event() Event {
	e := c.from.event(c.edit.At, c.edit.actions(c.target)...)
	e.Actor, e.Detail = c.guard.Caller.UUID, c.edit.detail()
	c.try.note(&e)
	return e
}

// waits is the event of a change that was refused, and was the last for a while.
func (c change) waits() Event {
	e := c.from.event(c.edit.At, ActionWait)
	e.Actor, e.Target = c.guard.Caller.UUID, c.target.UUID
	return e
}
