package user

import (
	"context"
	"log/slog"
	"time"

	"roster/shared/audit"
)

// AllSessionsEnder ends the sessions of all accounts.
type AllSessionsEnder interface {
	// EndAllSessions also ends all access tokens and all mailed links.
	EndAllSessions(ctx context.Context, event audit.Event) (AllEnded, error)
}

// AllEnded is how much EndAllSessions ended.
type AllEnded struct {
	Accounts int `json:"accounts"`
	Sessions int `json:"sessions"`
	Links    int `json:"links"` // mailed links to set a password
}

// EndAllSessions ends all sessions, access tokens and mailed links. It is for an
// operator who has restored the database from a backup: sessions that had ended
// since then would be alive again. Passwords stay as they are. It asks nobody for
// permission, because no request leads to it.
func EndAllSessions(ctx context.Context, db AllSessionsEnder, now time.Time) (AllEnded, error) {
	ended, err := db.EndAllSessions(ctx, audit.Event{Actions: []audit.Action{audit.ActionAllSessionsEnded}, At: now})
	if err == nil {
		slog.InfoContext(ctx, "all sessions ended", "accounts", ended.Accounts, "sessions", ended.Sessions, "links", ended.Links)
	}
	return ended, err
}
