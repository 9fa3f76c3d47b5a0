// Package keys reads the key ring of a function from JWT_KEYS, which a rotation
// changes while the function runs. It is not part of package boot because the
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

// variable is the name of the secret's member, or of the environment variable.
const variable = "JWT_KEYS"

// Live gives the ring as it is now. It is safe for concurrent use.
type Live struct {
	env *settings.Environment

	mu   sync.Mutex
	text string
	ring *keyring.Ring // parsed from text; nil if there is none
}

// New returns the ring of the environment. It rejects JWT_KEYS if it is not a
// ring.
func New(env *settings.Environment) *Live {
	l := &Live{env: env}
	if err := l.update(env.Optional(variable, "")); err != nil {
		env.AddError(variable, err)
	}
	env.Require(func(values map[string]string) error {
		_, err := parse(values[variable])
		return err
	})
	return l
}

func parse(text string) (*keyring.Ring, error) {
	if text == "" {
		return nil, nil
	}
	ring, err := keyring.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s is not a ring of keys: %w", variable, err)
	}
	return ring, nil
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
	if err := l.update(values[variable]); err != nil {
		return nil, Unavailable(err)
	}
	return l.ring, nil
}

// update parses the text if it has changed. The caller holds l.mu, except in
// New.
func (l *Live) update(text string) error {
	if text == l.text {
		return nil
	}
	ring, err := parse(text)
	if err == nil {
		l.text, l.ring = text, ring
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
