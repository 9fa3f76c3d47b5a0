package user

import (
	"context"
	"time"

	"roster/shared/audit"
)

// ResetLifetime is how long a reset token is valid.
const ResetLifetime = 30 * time.Minute

// Reset is a reset token as it is stored: its hash and its time.
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
	// CreateReset stores the token for the active account that has both the
	// username and the e-mail, and returns that account. It returns nil and
	// stores nothing when there is none. An account keeps at most three.
	CreateReset(ctx context.Context, username, email string, r Reset, e audit.Event) (*User, error)
}
