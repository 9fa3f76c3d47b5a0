// Package tokens assembles the access tokens of a function from its
// environment. It is apart from package boot so that a function without access
// tokens does not link the JWT library.
//
// It stands between tokens and accounts, which do not know each other.
package tokens

import (
	"context"
	"crypto"
	"fmt"
	"regexp"
	"sync"
	"time"

	"roster/shared/boot"
	"roster/shared/boot/keys"
	"roster/shared/credential/keyring"
	"roster/shared/credential/token"
	"roster/shared/request"
	"roster/shared/user"
)

// Access issues access tokens to accounts and tells who a token speaks for.
type Access struct {
	profile token.Profile
	secret  []byte // of HS256; nil where the ring signs and there is none
	keys    *keys.Live
	unwrap  Unwrapper

	mu      sync.Mutex
	ring    *keyring.Ring // the one that service was made of
	service *token.Service
	private map[string]crypto.Signer // unwrapped ones, by kid
}

// Unwrapper opens private keys that are wrapped. Only what issues tokens needs
// one.
type Unwrapper interface {
	Unwrap(ctx context.Context, kid string, wrapped []byte) (pkcs8 []byte, err error)
}

// New returns the access tokens of that environment. It issues none where the
// private keys are wrapped.
func New(env *boot.Environment) *Access { return Unwrapping(env, nil) }

// Unwrapping is New for a function that issues tokens where private keys may be
// wrapped. A nil Unwrapper opens none.
func Unwrapping(env *boot.Environment, u Unwrapper) *Access {
	a := &Access{profile: profile(env), keys: keys.New(env.Environment), unwrap: u, private: map[string]crypto.Signer{}}
	ring, _ := a.keys.Ring(context.Background()) // a bad one is noted already
	if signs(ring) && env.Optional("JWT_SECRET_KEY", env.Optional("ROOT_KEY", "")) == "" {
		return a
	}
	a.secret = env.Key("JWT_SECRET_KEY")
	return a
}

func signs(r *keyring.Ring) bool {
	if r == nil {
		return false
	}
	_, ok := r.Current()
	return ok
}

// audienceForm is what RFC 7519 §2 calls a StringOrURI, of a sensible length.
var audienceForm = regexp.MustCompile(`^[!-~]{1,128}$`)

// profile reads whom the tokens are from and for, and what else is in each.
func profile(env *boot.Environment) token.Profile {
	// Roster's own endpoints ask for the same audience (RFC 7519 §4.1.3).
	p := token.Profile{Issuer: env.Origin("PUBLIC_URL"), Audience: env.Optional("JWT_AUDIENCE", "roster")}
	if !audienceForm.MatchString(p.Audience) {
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

// Ready returns what issues tokens, with the keys as they are now. An error that
// is user.Unavailable says that they cannot be read.
func (a *Access) Ready(ctx context.Context) (user.Issue, error) {
	ring, err := a.keys.Ring(ctx)
	if err != nil {
		return nil, err
	}
	s := a.verifier(ring)
	if signs(ring) {
		private, err := a.signer(ctx, ring)
		if err != nil {
			return nil, err
		}
		s = token.New(a.profile, token.Keys{Ring: ring, Private: private})
	}
	return func(b user.Subject, now time.Time) (string, time.Duration, error) {
		return s.Issue(token.Claims{Subject: b.UUID, Session: b.Session, Role: string(b.Role), Version: b.TokenVersion}, now)
	}, nil
}

// Verify returns who the token speaks for. An error that is user.Unavailable
// says that the keys cannot be read; any other, that the token is not good.
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

// verifier is made once for each ring.
func (a *Access) verifier(ring *keyring.Ring) *token.Service {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.service == nil || a.ring != ring {
		a.ring, a.service = ring, token.New(a.profile, token.Keys{Ring: ring, Secret: a.secret})
	}
	return a.service
}

// signer returns the private key of the ring's current key. One that is
// wrapped is unwrapped once.
func (a *Access) signer(ctx context.Context, ring *keyring.Ring) (crypto.Signer, error) {
	k, _ := ring.Current()
	if private := k.Private(); private != nil {
		return private, nil
	}
	a.mu.Lock()
	private, known := a.private[k.ID]
	a.mu.Unlock()
	if known {
		return private, nil
	}
	if a.unwrap == nil {
		return nil, fmt.Errorf("%v is wrapped, and this function cannot unwrap it", k)
	}
	pkcs8, err := a.unwrap.Unwrap(ctx, k.ID, k.Wrapped)
	if err != nil {
		return nil, keys.Unavailable(fmt.Errorf("unwrap %v: %w", k, err))
	}
	if private, err = k.Unwrap(pkcs8); err != nil {
		return nil, fmt.Errorf("unwrap %v: %w", k, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.private) // a former key's
	a.private[k.ID] = private
	return private, nil
}
