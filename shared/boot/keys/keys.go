// Package keys reads the ring of keys of a function, JWT_KEYS, which changes
// while the function runs. It is apart from package boot because the function
// that publishes the keys has no database.
//
// It refuses to use a ring that it does not understand as a whole: such a
// reading of the secret counts as none, so that the last good one serves, and
// never for longer than keyring.SecretAge.
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

// variable is the secret's member, or the variable of the environment.
const variable = "JWT_KEYS"

// Live is the ring as it is now.
type Live struct {
	env *settings.Environment

	mu   sync.Mutex
	text string
	ring *keyring.Ring // that of the text, nil for none
}

// Of returns the ring of that environment. One that cannot be read is a problem
// of the environment's.
func New(env *settings.Environment) *Live {
	l := &Live{env: env}
	if err := l.take(env.Optional(variable, "")); err != nil {
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

// Ring returns the ring, nil where there is none. The error is
// user.Unavailable: the secret cannot be read, and the last good reading is too
// old.
func (l *Live) Ring(ctx context.Context) (*keyring.Ring, error) {
	values, err := l.env.Current(ctx, false)
	if err != nil {
		return nil, Unavailable(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.take(values[variable]); err != nil {
		return nil, Unavailable(err)
	}
	return l.ring, nil
}

// take reads the text unless it is the last one.
func (l *Live) take(text string) error {
	if text == l.text {
		return nil
	}
	ring, err := parse(text)
	if err == nil {
		l.text, l.ring = text, ring
	}
	return err
}

// retryAfter is what a client is told to wait: a reading is tried again in
// about that time.
const retryAfter = 5 * time.Second

// Unavailable is the refusal of a request whose keys cannot be read.
func Unavailable(cause error) error {
	return &fault.Error{Code: fault.Unavailable, Message: "The service is not available right now. Please try again.", RetryAfter: retryAfter, Cause: cause}
}

// PublicKeys returns the public keys of now as a JWK Set, and their algorithms.
func (l *Live) PublicKeys(ctx context.Context, now time.Time) (set []byte, algorithms []string, err error) {
	ring, err := l.Ring(ctx)
	if err != nil {
		return nil, nil, err
	}
	algorithms = []string{}
	for _, alg := range ring.Algorithms(now) {
		algorithms = append(algorithms, string(alg))
	}
	set, err = ring.Set(now)
	return set, algorithms, err
}
