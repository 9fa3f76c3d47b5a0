// Package keys reads the key ring of a function, which a rotation changes while
// the function runs. A function that signs has the whole ring in JWT_KEYS. One
// that only verifies has a copy without private keys in JWT_PUBLIC_KEYS, and
// cannot read the other. The package is not part of package boot because the
// function that publishes the keys has no database.
//
// It refuses to use a ring that it cannot read completely. Then the last good
// ring stays in use, for at most keyring.MaxSecretAge.
package keys

import (
	"context"
	"fmt"
	"sync"
	"time"

	"roster/shared/boot/settings"
	"roster/shared/credential/keyring"
	"roster/shared/fault"
)

// The members of the secrets, or environment variables, that hold a ring. If both
// are there, the whole ring counts.
const (
	whole  = "JWT_KEYS"
	public = "JWT_PUBLIC_KEYS"
)

// Live gives the ring as it is now. It is safe for concurrent use.
type Live struct {
	env *settings.Environment

	mu   sync.Mutex
	text source
	ring *keyring.Ring // parsed from text; nil if there is none
}

// source is the text of a ring, and the variable that it comes from.
type source struct{ variable, text string }

func sourceOf(values map[string]string) source {
	if text := values[whole]; text != "" {
		return source{whole, text}
	}
	return source{public, values[public]}
}

func (s source) parse() (*keyring.Ring, error) {
	read := keyring.ParsePublic
	switch {
	case s.text == "":
		return nil, nil
	case s.variable == whole:
		read = keyring.Parse
	}
	ring, err := read(s.text)
	if err != nil {
		return nil, fmt.Errorf("%s is not a ring of keys: %w", s.variable, err)
	}
	return ring, nil
}

// New returns the ring of the environment. It rejects a variable that is not a
// ring.
func New(env *settings.Environment) *Live {
	l := &Live{env: env}
	s := sourceOf(map[string]string{whole: env.Optional(whole, ""), public: env.Optional(public, "")})
	if err := l.update(s); err != nil {
		env.AddError(s.variable, err)
	}
	env.Require(func(values map[string]string) error {
		_, err := sourceOf(values).parse()
		return err
	})
	return l
}

// Ring returns the ring, or nil if there is none. The error is
// fault.Unavailable: the secret cannot be read, and what was read last is too
// old.
func (l *Live) Ring(ctx context.Context) (*keyring.Ring, error) {
	values, err := l.env.Current(ctx, false)
	if err != nil {
		return nil, Unavailable(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.update(sourceOf(values)); err != nil {
		return nil, Unavailable(err)
	}
	return l.ring, nil
}

// update parses the text if it has changed. The caller holds l.mu, except in
// New.
func (l *Live) update(s source) error {
	if s == l.text {
		return nil
	}
	ring, err := s.parse()
	if err == nil {
		l.text, l.ring = s, ring
	}
	return err
}

// retryAfter is how long a client is told to wait. The secret is read again in
// about that time.
const retryAfter = 5 * time.Second

// Unavailable returns the answer to a request that needs keys which cannot be
// read: fault.Unavailable.
func Unavailable(cause error) error {
	return &fault.Error{
		Code:       fault.Unavailable,
		Message:    "The service is not available right now. Please try again.",
		RetryAfter: retryAfter,
		Cause:      cause,
	}
}

// PublicKeys returns the public keys that are valid now as a JWK Set (RFC 7517
// §5), and their algorithms.
func (l *Live) PublicKeys(ctx context.Context, now time.Time) (set []byte, algorithms []string, err error) {
	ring, err := l.Ring(ctx)
	if err != nil {
		return nil, nil, err
	}
	algorithms = []string{}
	for _, alg := range ring.Algorithms(now) {
		algorithms = append(algorithms, string(alg))
	}
	set, err = ring.JWKS(now)
	return set, algorithms, err
}
