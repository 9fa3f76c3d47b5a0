package user

import (
	"cmp"
	"context"
	"slices"
	"time"

	"roster/shared/request"
)

// SessionLister lists the sessions of an account.
type SessionLister interface {
	Viewer
	// Sessions returns the sessions that have not ended.
	Sessions(ctx context.Context, uuid string) ([]Session, error)
}

// Somebody who has copied a token must not see when the owner refreshes the session,
// also by asking again and again. So times are rounded down, and a session that was
// refreshed within the last quarter of an hour shows the present: one more refresh
// changes nothing that can be seen. The access token that somebody has copied with the
// refresh token ends before that, after 10 minutes.
const (
	shownPrecision = 5 * time.Minute
	inUse          = 15 * time.Minute
)

// Sessions lists the caller's own sessions, or for an ADMIN those of any account, the
// last used first. A session that was used within a quarter of an hour counts as used
// now.
func Sessions(ctx context.Context, req request.Request, db SessionLister, username string) ([]Session, error) {
	_, target, err := authorize(ctx, req.Caller, db, username)
	if err != nil {
		return nil, err
	}
	all, err := db.Sessions(ctx, target.UUID)
	for i := range all {
		all[i].hideRefresh(req.At)
	}
	slices.SortFunc(all, func(a, b Session) int {
		return cmp.Or(b.LastUsedAt.Compare(a.LastUsedAt), b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return all, err
}

// hideRefresh replaces the times that a refresh changes by those to show.
func (s *Session) hideRefresh(now time.Time) {
	shown := s.LastUsedAt
	if now.Sub(shown) < inUse && now.After(shown) {
		shown = now
	}
	shown = shown.Truncate(shownPrecision)
	if s.CreatedAt.After(shown) {
		shown = s.CreatedAt
	}
	if s.IdleEndsAt.Before(s.EndsAt) {
		s.IdleEndsAt = s.IdleEndsAt.Add(shown.Sub(s.LastUsedAt))
	}
	s.LastUsedAt, s.IdleEndsAt = shown, earlier(s.IdleEndsAt, s.EndsAt).Truncate(shownPrecision)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
