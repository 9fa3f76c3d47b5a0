package user

import (
	"context"

	"roster/shared/request"
)

// SessionLister lists the sessions of an account.
type SessionLister interface {
	Viewer
	// Sessions returns those that are alive, the last used first.
	Sessions(ctx context.Context, uuid string) ([]Session, error)
}

// Sessions lists the caller's own sessions, or as ADMIN anyone's.
func Sessions(ctx context.Context, req request.Request, db SessionLister, username string) ([]Session, error) {
	_, target, err := authorize(ctx, req.Caller, db, username)
	if err != nil {
		return nil, err
	}
	return db.Sessions(ctx, target.UUID)
}
