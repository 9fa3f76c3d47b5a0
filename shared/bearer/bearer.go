// Package bearer lets a service elsewhere take Roster's access tokens. It is
// net/http middleware that verifies a token by the public keys that Roster
// publishes, and gives the handler behind it the token's claims.
//
// It makes of a token the same demands as Roster itself, except one: it asks no
// database. A session that has ended counts here until its access token ends, 10
// minutes at most; where that is too long, package authorizer is the way.
//
// It refuses to guess. A key is only for its own algorithm, whatever a token
// says, and while the keys cannot be fetched a token is neither good nor bad.
// Keys that were fetched serve on for an hour then, and no longer. What the
// caller may do is not its business.
//
// To import it from another module, with a clone of Roster beside it (for other
// places see docs/verify-elsewhere.md):
//
//	import "roster/shared/bearer"
//	go mod edit -require=roster@v0.0.0 -replace=roster=../roster
//	go mod tidy
package bearer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"roster/shared/credential/token"
	"roster/shared/wallclock"
)

// Config says whose tokens count.
type Config struct {
	// Issuer is Roster's PUBLIC_URL, an origin such as
	// https://accounts.example.com. Without TLS it must be this machine: whoever
	// could alter the answer would make the keys.
	Issuer string
	// Audience is Roster's JWT_AUDIENCE; "roster" if empty.
	Audience string
	// Transport fetches the keys; http.DefaultTransport if nil.
	Transport http.RoundTripper
}

// Verifier verifies access tokens. Its methods may be called at the same time.
type Verifier struct {
	keys *keys
	now  func() time.Time
}

// New returns a verifier. It fetches nothing yet. An error says what is wrong
// with the configuration.
func New(c Config) (*Verifier, error) {
	if err := checkIssuer(c.Issuer); err != nil {
		return nil, err
	}
	if c.Audience == "" {
		c.Audience = "roster"
	}
	return &Verifier{keys: newKeys(token.Profile{Issuer: c.Issuer, Audience: c.Audience}, c.Transport), now: wallclock.Now}, nil
}

func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || issuer != u.Scheme+"://"+u.Host || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("the issuer %q must be an origin such as https://accounts.example.com, without a slash at its end", issuer)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("the issuer %s must have https: whoever could alter its keys could make tokens", issuer)
	}
	return nil
}

// ErrUnavailable says that the keys cannot be fetched, which says nothing of the
// token. What it wraps is for the log.
var ErrUnavailable = errors.New("the keys of access tokens cannot be fetched")

// Verify returns the claims of a good token. The error is token.ErrInvalid or
// ErrUnavailable.
//
// A token that names a key which is not known makes it fetch the keys again,
// once in some seconds at most.
func (v *Verifier) Verify(ctx context.Context, raw string) (token.Claims, error) {
	now := v.now()
	s, err := v.keys.current(ctx, now)
	if err != nil {
		return token.Claims{}, err
	}
	c, invalid := s.Verify(raw, now)
	if !errors.Is(invalid, token.ErrUnknownKey) {
		return c, invalid
	}
	if s, err = v.keys.newer(ctx, s, now); err != nil {
		return token.Claims{}, err
	}
	return s.Verify(raw, now)
}
