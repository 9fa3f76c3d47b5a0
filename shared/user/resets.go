package user

import (
	"context"
	"time"

	"roster/shared/audit"
)

// ResetLifetime is how long a reset token is valid.
const ResetLifetime = 30 * time.Minute

// InvitationLifetime is how long the link is valid with which somebody sets the
// first password of an account that an ADMIN has made: nobody waits for that mail
// (NIST SP 800-63A-4 allows a code mailed to an address 24 hours).
const InvitationLifetime = 24 * time.Hour

// ResetTarget says which account a reset token is for. What is nil may be
// anything; with both nil there is no such account.
type ResetTarget struct {
	Username *string // canonical
	Email    *string // in either case
}

// NewReset is a reset token to store, and the account that it is for. Only the
// token's hash is stored.
type NewReset struct {
	Target    ResetTarget
	Hash      []byte
	CreatedAt time.Time
	ExpiresAt time.Time
}

func newReset(target ResetTarget, hash []byte, now time.Time) NewReset {
	return NewReset{Target: target, Hash: hash, CreatedAt: now, ExpiresAt: now.Add(ResetLifetime)}
}

// ResetCreator stores reset tokens.
type ResetCreator interface {
	// CreateReset stores the token for the active account that the target names,
	// and returns that account. If there is none, it stores nothing
	// and returns nil. An account keeps at most three reset tokens.
	CreateReset(ctx context.Context, r NewReset, e audit.Event) (*User, error)
}
