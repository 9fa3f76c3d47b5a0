package settings

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"roster/shared/aws/secrets"
	"roster/shared/wallclock"
)

const (
	// retryInterval is the shortest time between two attempts to read the
	// secret.
	retryInterval = time.Second
	// readTimeout bounds one attempt. A request waits no longer than this for
	// the secret.
	readTimeout = 2 * time.Second
)

// Build loads the settings and calls build with them, once. The function that
// it returns gives what build returned.
//
// Bad settings stop the process, as MustBeUsable does. An outage of Secrets
// Manager does not: as long as it lasts, the returned function gives its error
// and reads the secret again, at most once a second. When the secret can be
// read, build is called.
func Build[T any](build func(*Environment) T) func(context.Context) (T, error) {
	l := &lazy[T]{build: build}
	if l.use(Load()); l.err != nil {
		slog.Warn("nothing is served until the secret can be read", "error", l.err)
	}
	return l.get
}

type lazy[T any] struct {
	build func(*Environment) T

	mu     sync.Mutex
	env    *Environment // as it was last read
	err    error        // why the secret could not be read, nil once it was
	readAt time.Time
	value  T
}

func (l *lazy[T]) get(ctx context.Context) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if age := wallclock.Now().Sub(l.readAt); l.err != nil && (age >= retryInterval || age < 0) {
		ctx, cancel := context.WithTimeout(ctx, readTimeout)
		defer cancel()
		l.use(withSources(ctx, l.env.environ, l.env.sources))
	}
	return l.value, l.err
}

// use builds the value, unless the environment lacks its secret.
func (l *lazy[T]) use(e *Environment) {
	l.env, l.err, l.readAt = e, e.outage, wallclock.Now()
	if l.err != nil {
		return
	}
	l.value = l.build(e)
	e.MustBeUsable()
}

// isTransient reports whether reading the secret again may succeed.
func isTransient(err error) bool {
	return errors.Is(err, secrets.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
