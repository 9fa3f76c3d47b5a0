package user

import (
	"context"
	"time"

	"roster/shared/audit"
)

// ResetLifetime is how long a reset token is valid.
const ResetLifetime = 30 * time.Minute

// Reset is a stored reset token. Only its hash is stored.
type Reset struct {
	Hash      []byte
	CreatedAt time.Time
	ExpiresAt time.Time
}

func newReset(hash []byte, now time.Time) Reset {
	return Reset{Hash: hash, CreatedAt: now, ExpiresAt: now.Add(ResetLifetime)}
}

// ResetCreator stores reset tokens.
type ResetCreator interface {
	// CreateReset stores the token for the active account with the username and
	// the e-mail, and returns that account. If there is none, it stores nothing
	// and returns nil. An account keeps at most three reset tokens.
	CreateReset(ctx context.Context, username, email string, r Reset, e audit.Event) (*User, error)
}
