package user

import (
	"context"
	"time"
)

// Tokens are what a login and a refresh answer.
type Tokens struct {
	AccessToken  string
	ExpiresIn    time.Duration // of the access token
	RefreshToken string
	DeviceToken  string // of a login
}

// Subject is who an access token is issued to (RFC 7519 §4.1.2).
type Subject struct {
	UUID         string
	Session      string // the UUID of its session
	TokenVersion int64
	Role         Role
}

// TokenIssuer signs access tokens.
type TokenIssuer interface {
	// Ready returns what signs them now, or the error that the keys are out of
	// reach. An operation calls it before it writes anything: a session that
	// was begun or renewed for an answer that nobody gets would cost its owner
	// the next one.
	Ready(ctx context.Context) (Issue, error)
}

// Issue signs one access token. It makes no call.
type Issue func(s Subject, now time.Time) (token string, lifetime time.Duration, err error)

// RefreshTokens makes and parses refresh tokens (RFC 6749 §1.5). What is stored
// of a token is its hash.
type RefreshTokens interface {
	// Begin returns the first token of a session.
	Begin(session string) (token string, hash []byte)
	// Parse returns what a token of ours says: its session, its place in the
	// line of the session's tokens (1 for the first) and its hash. It reports
	// false for any other text.
	Parse(token string) (session string, generation int64, hash []byte, ok bool)
	// Next returns the token that follows a token of ours, always the same one.
	Next(token string) (next string, hash []byte)
}

// OneTimeTokens mints tokens that are used once, and hashes them.
type OneTimeTokens interface {
	Mint() (token string, hash []byte)
	Hash(token string) (hash []byte, ok bool)
}

// Devices issues and checks device tokens, which tell a device that an account
// has logged in from before.
type Devices interface {
	Issue(username, id string, now time.Time) (token string)
	Open(username, token string, now time.Time) (id string)
}
