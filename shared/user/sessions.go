package user

import "context"

// SessionLister lists the sessions of an account.
type SessionLister interface {
	Viewer
	// Sessions returns those that are alive, the last used first.
	Sessions(ctx context.Context, uuid string) ([]Session, error)
}

// Sessions lists one's own sessions, or as ADMIN anyone's.
func Sessions(ctx context.Context, caller Caller, db SessionLister, username string) ([]Session, error) {
	_, target, err := authorize(ctx, caller, db, username)
	if err != nil {
		return nil, err
	}
	return db.Sessions(ctx, target.UUID)
}
