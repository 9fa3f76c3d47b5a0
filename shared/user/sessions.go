package user

import (
	"context"
	"time"

	"roster/shared/request"
)

// SessionLister lists the sessions of an account.
type SessionLister interface {
	Viewer
	// Sessions returns the sessions that have not ended, the last used first.
	Sessions(ctx context.Context, uuid string) ([]Session, error)
}

// shownPrecision is how exactly a session shows when it was used. Somebody who has
// copied a token must not see when its owner refreshes the session.
const shownPrecision = 5 * time.Minute

// Sessions lists the caller's own sessions, or for an ADMIN those of any account.
// The times that a refresh changes are rounded down.
func Sessions(ctx context.Context, req request.Request, db SessionLister, username string) ([]Session, error) {
	_, target, err := authorize(ctx, req.Caller, db, username)
	if err != nil {
		return nil, err
	}
	all, err := db.Sessions(ctx, target.UUID)
	for i, s := range all {
		all[i].LastUsedAt, all[i].IdleEndsAt = s.LastUsedAt.Truncate(shownPrecision), s.IdleEndsAt.Truncate(shownPrecision)
		if s.CreatedAt.After(all[i].LastUsedAt) {
			all[i].LastUsedAt = s.CreatedAt
		}
	}
	return all, err
}
