// Package cutover makes what verifies access tokens in the weeks after Roster has
// replaced a Flask service: Roster's own tokens, and those that the service issued.
// See docs/move-from-flask.md.
//
// It is for the functions whose calls that service had, too. The others use
// boot/tokens, and refuse the service's tokens.
package cutover

import (
	"context"
	"errors"
	"time"

	"roster/shared/boot"
	"roster/shared/boot/tokens"
	"roster/shared/credential/flasktoken"
	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

// maxAhead is how far ahead the end may be.
const maxAhead = 90 * 24 * time.Hour

// Callers finds the account of a legacy token.
type Callers interface {
	// CallerOfLegacyToken returns the account with that id and that canonical
	// username as a caller, in its legacy session, or false if it has none.
	CallerOfLegacyToken(ctx context.Context, id int64, username string) (request.Caller, bool, error)
}

// Tokens verifies Roster's own tokens and, until the stated time, the Flask
// service's. It is safe for concurrent use.
type Tokens struct {
	own   *tokens.Access
	flask *flasktoken.Verifier // nil if there are none
	db    Callers
}

// New returns a Tokens. LEGACY_JWT_SECRET_KEY and LEGACY_TOKENS_UNTIL say which of
// the Flask service's tokens it accepts; without them it accepts none.
func New(env *boot.Environment) *Tokens {
	t := &Tokens{own: tokens.New(env)}
	secret, until := env.Optional("LEGACY_JWT_SECRET_KEY", ""), env.Optional("LEGACY_TOKENS_UNTIL", "")
	if secret == "" && until == "" {
		return t
	}
	if env.Required("LEGACY_JWT_SECRET_KEY") != "" {
		env.RequireStrong("LEGACY_JWT_SECRET_KEY", secret)
	}
	if env.Required("LEGACY_TOKENS_UNTIL") == "" {
		return t
	}
	end, reason := ParseEnd(until, time.Now())
	if reason != "" {
		env.Reject("LEGACY_TOKENS_UNTIL", reason)
	}
	t.flask, t.db = flasktoken.New([]byte(secret), end), env.Postgres()
	return t
}

// ParseEnd reads when legacy tokens end, such as 2027-01-31T00:00:00Z. It returns why
// not, or "".
func ParseEnd(text string, now time.Time) (end time.Time, reason string) {
	end, err := time.Parse(time.RFC3339, text)
	switch {
	case err != nil:
		return end, "must be a time such as 2027-01-31T00:00:00Z"
	case end.Sub(now) > maxAhead:
		return end, "must be at most 90 days ahead"
	}
	return end, ""
}

// Verify returns the caller that the token was issued to. The error is
// fault.Unavailable if the keys or the database cannot be read; any other error
// means that the token is not valid.
func (t *Tokens) Verify(ctx context.Context, raw string, now time.Time) (request.Caller, error) {
	c, err := t.own.Verify(ctx, raw, now)
	if err == nil || t.flask == nil || errors.Is(err, fault.Unavailable) {
		return c, err
	}
	c, legacy := t.verifyLegacy(ctx, raw, now)
	if errors.Is(legacy, flasktoken.ErrInvalid) {
		return request.Caller{}, errors.Join(err, legacy)
	}
	return c, legacy
}

// verifyLegacy returns the caller of a token of the Flask service. The token's role
// is not used, as that of Roster's own tokens: the account's row says it.
func (t *Tokens) verifyLegacy(ctx context.Context, raw string, now time.Time) (request.Caller, error) {
	who, err := t.flask.Verify(raw, now)
	if err != nil {
		return request.Caller{}, err
	}
	name, ok := user.CanonicalUsername(who.Username)
	if !ok {
		return request.Caller{}, errNoSession
	}
	c, found, err := t.db.CallerOfLegacyToken(ctx, who.ID, name)
	if err == nil && !found {
		err = errNoSession
	}
	return c, err
}

var errNoSession = errors.New("the token of the Flask service belongs to no session: the account was not imported with its tokens, or the session has ended")
