package user

import "context"

// Deleter removes accounts.
type Deleter interface {
	Viewer
	// DeleteUser removes the account and all that belongs to it, unless the
	// guard refuses.
	DeleteUser(ctx context.Context, g Guard) (Outcome, error)
}

// Delete removes an account, one's own or as ADMIN anyone's. The last active
// ADMIN stays: Conflict.
func Delete(ctx context.Context, caller Caller, db Deleter, username string) error {
	self, target, err := authorize(ctx, caller, db, username)
	if err != nil {
		return err
	}
	outcome, err := db.DeleteUser(ctx, Guard{
		Caller: caller, AsAdmin: self.UUID != target.UUID,
		TargetUUID: target.UUID, Username: target.Username, TakesAdmin: true,
	})
	if err != nil {
		return err
	}
	return outcome.err()
}
