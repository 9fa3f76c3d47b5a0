// Package tokens assembles the access tokens of a function from its
// environment. It is apart from package boot so that a function without access
// tokens does not link the JWT library.
package tokens

import (
	"context"
	"time"

	"roster/shared/boot"
	"roster/shared/token"
	"roster/shared/user"
)

// audience is whom the tokens are for: Roster's own endpoints (RFC 7519
// §4.1.3).
const audience = "roster"

// Access issues access tokens to accounts and tells who a token speaks for.
type Access struct {
	keys *token.HS256
}

// New returns the access tokens of that environment.
func New(env *boot.Environment) *Access {
	return &Access{keys: token.NewHS256(env.Key("JWT_SECRET_KEY"), env.Origin("PUBLIC_URL"), audience)}
}

// Issue returns a token for its bearer and how long it is good. An error that
// is user.Unavailable says that the keys cannot be read.
func (a *Access) Issue(_ context.Context, b user.Bearer, now time.Time) (string, time.Duration, error) {
	return a.keys.Issue(token.Claims{Subject: b.UUID, Session: b.Session, Role: string(b.Role), Version: b.TokenVersion}, now)
}

// Verify returns who the token speaks for. An error that is user.Unavailable
// says that the keys cannot be read; any other, that the token is not good.
func (a *Access) Verify(_ context.Context, raw string, now time.Time) (user.Caller, error) {
	c, err := a.keys.Verify(raw, now)
	if err != nil {
		return user.Caller{}, err
	}
	return user.Caller{UUID: c.Subject, Session: c.Session, TokenVersion: c.Version}, nil
}
