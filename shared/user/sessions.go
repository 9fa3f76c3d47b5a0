package user

import (
	"context"

	"roster/shared/request"
)

// SessionLister lists the sessions of an account.
type SessionLister interface {
	Viewer
	// Sessions returns the sessions that have not ended, the last used first.
	Sessions(ctx context.Context, uuid string) ([]Session, error)
}

// Sessions lists the caller's own sessions, or for an ADMIN those of any account.
func Sessions(ctx context.Context, req request.Request, db SessionLister, username string) ([]Session, error) {
	_, target, err := authorize(ctx, req.Caller, db, username)
	if err != nil {
		return nil, err
	}
	return db.Sessions(ctx, target.UUID)
}
