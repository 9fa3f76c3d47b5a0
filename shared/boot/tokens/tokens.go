// Package tokens makes what verifies and issues access tokens, from the settings
// of a function. It is not part of package boot so that a function without
// access tokens does not link the JWT library.
//
// It converts between the claims of package token and the accounts of package
// user, because neither may import the other.
package tokens

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"roster/shared/boot"
	"roster/shared/boot/keys"
	"roster/shared/credential/keyring"
	"roster/shared/credential/token"
	"roster/shared/request"
	"roster/shared/user"
)

// Access issues access tokens to accounts, and returns the account that a token
// was issued to. It is safe for concurrent use.
type Access struct {
	profile   token.Profile
	secret    []byte // for HS256; nil if there is none and the ring signs
	keys      *keys.Live
	unwrapper Unwrapper

	mu        sync.Mutex
	ring      *keyring.Ring
	service   *token.Service           // verifies with ring
	unwrapped map[string]crypto.Signer // unwrapped private keys, by kid
}

// Unwrapper decrypts private keys that KMS has wrapped. Only a function that
// issues tokens needs one.
type Unwrapper interface {
	Unwrap(ctx context.Context, kid string, wrapped []byte) (pkcs8 []byte, err error)
}

// New returns an Access without an Unwrapper: it verifies every token, but
// cannot issue one if the private keys are wrapped.
func New(env *boot.Environment) *Access { return NewWithUnwrapper(env, nil) }

// NewWithUnwrapper is New for a function that issues tokens.
func NewWithUnwrapper(env *boot.Environment, u Unwrapper) *Access {
	a := &Access{profile: profile(env), keys: keys.New(env.Environment), unwrapper: u, unwrapped: map[string]crypto.Signer{}}
	ring, _ := a.keys.Ring(context.Background()) // keys.New has reported a bad ring
	if ring.Signs() {
		env.Require(hasKey)
		if env.Optional("JWT_SECRET_KEY", env.Optional("ROOT_KEY", "")) == "" {
			return a
		}
	}
	a.secret = env.Key("JWT_SECRET_KEY")
	return a
}

// hasKey refuses values that have lost the ring, which would make every token
// invalid. The last good ring stays in use, and the next rotation makes a new one.
// An operator who goes back to a shared secret gives that.
func hasKey(values map[string]string) error {
	if values["JWT_KEYS"] == "" && values["JWT_PUBLIC_KEYS"] == "" && values["JWT_SECRET_KEY"] == "" {
		return errors.New("the ring of keys is gone: JWT_KEYS, or JWT_PUBLIC_KEYS in a copy for those who verify")
	}
	return nil
}

// isAudience reports whether a text is what RFC 7519 §2 calls a StringOrURI, of a
// sensible length.
func isAudience(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool { return r < '!' || r > '~' })
}

// profile reads the issuer, the audience and the extra claims of the tokens.
func profile(env *boot.Environment) token.Profile {
	// Roster's own endpoints require the same audience (RFC 7519 §4.1.3).
	p := token.Profile{Issuer: env.PublicURL(), Audience: env.Optional("JWT_AUDIENCE", "roster")}
	if !isAudience(p.Audience) {
		env.Reject("JWT_AUDIENCE", "must be 1 to 128 characters without spaces")
	}
	if text := env.Optional("JWT_CLAIMS", ""); text != "" {
		extra, err := token.ParseExtra(text)
		if err != nil {
			env.Reject("JWT_CLAIMS", err.Error())
		}
		p.Extra = extra
	}
	return p
}

// Ready returns a function that issues tokens with the keys as they are now. The
// error is fault.Unavailable if the keys cannot be read or unwrapped.
func (a *Access) Ready(ctx context.Context) (user.Issue, error) {
	ring, err := a.keys.Ring(ctx)
	if err != nil {
		return nil, err
	}
	s := a.verifier(ring)
	if ring.Signs() {
		private, err := a.signer(ctx, ring)
		if err != nil {
			return nil, err
		}
		s = token.New(a.profile, token.Keys{Ring: ring, Private: private})
	}
	return func(to user.Subject, now time.Time) (string, time.Duration, error) {
		return s.Issue(token.Claims{Subject: to.UUID, Session: to.Session, Role: string(to.Role), Version: to.TokenVersion}, now)
	}, nil
}

// Verify returns the caller that the token was issued to. The error is
// fault.Unavailable if the keys cannot be read; any other error means that the
// token is not valid.
func (a *Access) Verify(ctx context.Context, raw string, now time.Time) (request.Caller, error) {
	ring, err := a.keys.Ring(ctx)
	if err != nil {
		return request.Caller{}, err
	}
	c, err := a.verifier(ring).Verify(raw, now)
	if err != nil {
		return request.Caller{}, err
	}
	return request.Caller{UUID: c.Subject, Session: c.Session, TokenVersion: c.Version}, nil
}

// verifier returns a service that verifies with this ring. It makes a new one
// only when the ring has changed.
func (a *Access) verifier(ring *keyring.Ring) *token.Service {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.service == nil || a.ring != ring {
		a.ring, a.service = ring, token.New(a.profile, token.Keys{Ring: ring, Secret: a.secret})
	}
	return a.service
}

// signer returns the private key of the ring's current key. A wrapped one is
// unwrapped at its first use and kept.
func (a *Access) signer(ctx context.Context, ring *keyring.Ring) (crypto.Signer, error) {
	k, _ := ring.Current()
	if private := k.Private(); private != nil {
		return private, nil
	}
	a.mu.Lock()
	private, known := a.unwrapped[k.ID]
	a.mu.Unlock()
	if known {
		return private, nil
	}
	if k.Wrapped == nil {
		return nil, fmt.Errorf("%v has no private key here: this function reads only the public ones", k)
	}
	if a.unwrapper == nil {
		return nil, fmt.Errorf("%v is wrapped, and this function cannot unwrap it", k)
	}
	pkcs8, err := a.unwrapper.Unwrap(ctx, k.ID, k.Wrapped)
	if err != nil {
		return nil, keys.Unavailable(fmt.Errorf("unwrap %v: %w", k, err))
	}
	if private, err = k.Unwrap(pkcs8); err != nil {
		return nil, fmt.Errorf("unwrap %v: %w", k, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.unwrapped) // private keys that sign no longer
	a.unwrapped[k.ID] = private
	return private, nil
}
