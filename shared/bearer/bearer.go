// Package bearer is net/http middleware with which another service accepts
// Roster's access tokens. It verifies a token with the public keys that Roster
// publishes, and gives the token's claims to the next handler:
//
//	tokens, err := bearer.New(bearer.Config{Issuer: "https://accounts.example.com"})
//	mux.Handle("GET /orders", tokens.Require(orders))
//
// It checks a token as strictly as Roster itself, with one exception: it does not
// ask a database. So it accepts the access token of an ended session until the
// token expires, after 10 minutes at most. If that is too long, use package
// authorizer.
//
// It refuses to guess. It uses a key only for the key's own algorithm, whatever
// the token says. While it has no usable keys, it answers 503 and not 401; keys
// that it has fetched are usable for an hour. It does not decide what the caller
// may do.
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
	"strings"
	"time"

	"roster/shared/credential/token"
	"roster/shared/wallclock"
)

// Config says which tokens to accept.
type Config struct {
	// Issuer is Roster's PUBLIC_URL, an origin such as
	// https://accounts.example.com. With http it must be on this machine:
	// otherwise an attacker on the network could replace the keys.
	Issuer string
	// Audience is Roster's JWT_AUDIENCE; "" means "roster".
	Audience string
	// Transport fetches the keys; nil means http.DefaultTransport.
	Transport http.RoundTripper
}

// Verifier verifies access tokens. It is safe for concurrent use.
type Verifier struct {
	keys *keys
	now  func() time.Time
}

// New returns a verifier. It fetches no keys yet. The error says what is wrong
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
	if err != nil || u.Host == "" || issuer != u.Scheme+"://"+u.Host+u.Path || strings.HasSuffix(issuer, "/") || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("the issuer %q must be an origin such as https://accounts.example.com, perhaps with a path, without a slash at its end", issuer)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("the issuer %s must have https: otherwise an attacker on the network could replace its keys", issuer)
	}
	return nil
}

// ErrUnavailable says that the keys cannot be fetched. The token may be good. The
// error that it wraps is for the log.
var ErrUnavailable = errors.New("the keys of access tokens cannot be fetched")

// Verify returns the claims of a good token. The error is token.ErrInvalid or
// ErrUnavailable.
//
// If a token names an unknown key, Verify fetches the keys again, but not more
// often than once in RefreshInterval.
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
	if s, err = v.keys.newerThan(ctx, s, now); err != nil {
		return token.Claims{}, err
	}
	return s.Verify(raw, now)
}
