package user

import (
	"context"
	"time"
)

// Tokens are the result of a login, a refresh or a change of the password.
type Tokens struct {
	AccessToken  string
	ExpiresIn    time.Duration // of the access token
	RefreshToken string        // of a login and a refresh
	DeviceToken  string        // of a login
}

// Subject is what an access token says about its subject (RFC 7519 §4.1.2).
type Subject struct {
	UUID         string
	Session      string // the UUID of its session
	TokenVersion int64
	Role         Role
}

// TokenIssuer signs access tokens.
type TokenIssuer interface {
	// Ready returns a function that signs with the current keys, or an error if
	// the keys cannot be read. An operation calls it before it writes anything.
	// Otherwise it could renew a session and then fail to answer, and the
	// client's next attempt would look like the reuse of a token.
	Ready(ctx context.Context) (Issue, error)
}

// Issue signs one access token. It makes no network call.
type Issue func(s Subject, now time.Time) (token string, lifetime time.Duration, err error)

// RefreshTokens creates and parses refresh tokens (RFC 6749 §1.5). Only their
// hashes are stored.
type RefreshTokens interface {
	// Begin returns the first token of a session.
	Begin(session string) (token string, hash []byte)
	// Parse returns a token's session, its generation (1 for the first token of
	// the session) and its hash. It returns false if Roster did not create the
	// token.
	Parse(token string) (session string, generation int64, hash []byte, ok bool)
	// Next returns the token that follows a parsed token. It is always the same.
	Next(token string) (next string, hash []byte)
}

// OneTimeTokens creates tokens that can be used once, and hashes them.
type OneTimeTokens interface {
	Mint() (token string, hash []byte)
	// Hash returns false for a text that cannot be a token.
	Hash(token string) (hash []byte, ok bool)
}

// DeviceLifetime is how long a device stays known after its last login.
const DeviceLifetime = 180 * 24 * time.Hour

// DeviceTokens creates device tokens and hashes them. With one, a client shows
// that it runs on a device that has logged in to the account before.
type DeviceTokens interface {
	Mint() (token string, hash []byte)
	// Hash returns false for a text that cannot be a token.
	Hash(token string) (hash []byte, ok bool)
}
