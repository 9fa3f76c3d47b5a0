package user

import (
	"context"
	"time"

	"roster/shared/audit"
)

// ResetLifetime is how long a reset token is valid.
const ResetLifetime = 30 * time.Minute

// NewReset is a reset token to store, and the account that it is for. Only the
// token's hash is stored.
type NewReset struct {
	Username  string
	Email     string
	Hash      []byte
	CreatedAt time.Time
	ExpiresAt time.Time
}

func newReset(username, email string, hash []byte, now time.Time) NewReset {
	return NewReset{Username: username, Email: email, Hash: hash, CreatedAt: now, ExpiresAt: now.Add(ResetLifetime)}
}

// ResetCreator stores reset tokens.
type ResetCreator interface {
	// CreateReset stores the token for the active account with the username and
	// the e-mail, and returns that account. If there is none, it stores nothing
	// and returns nil. An account keeps at most three reset tokens.
	CreateReset(ctx context.Context, r NewReset, e audit.Event) (*User, error)
}
