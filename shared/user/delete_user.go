package user

import (
	"context"
	"time"
)

// Deleter removes accounts.
type Deleter interface {
	Viewer
	// DeleteUser removes the account and all that belongs to it, unless the
	// guard refuses.
	DeleteUser(ctx context.Context, g Guard, e Event) (Outcome, error)
}

// Delete removes an account, one's own or as ADMIN anyone's. The last active
// ADMIN stays: Conflict.
func Delete(ctx context.Context, caller Caller, from Client, db Deleter, username string, now time.Time) error {
	self, target, err := authorize(ctx, caller, db, username)
	if err != nil {
		return err
	}
	event := from.event(now, ActionDelete)
	event.Actor = caller.UUID
	outcome, err := db.DeleteUser(ctx, Guard{
		Caller: caller, AsAdmin: self.UUID != target.UUID,
		TargetUUID: target.UUID, Username: target.Username, TakesAdmin: true,
	}, event)
	if err != nil {
		return err
	}
	return outcome.err()
}
