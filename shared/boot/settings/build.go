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
	// again is the least time between two tries to read the secret.
	again = time.Second
	// patience bounds one try, and so what one request waits for it.
	patience = 2 * time.Second
)

// Build loads the settings and builds what is made of them, which the function
// that it returns gives. Settings that are bad end the process, as MustBeUsable
// does. A secret that cannot be read because Secrets Manager is out does not:
// the function gives that error, and tries again, until the secret can be read
// and all is built as if it had been so from the start.
func Build[T any](build func(*Environment) T) func(context.Context) (T, error) {
	l := &lazy[T]{build: build}
	if l.take(Load()); l.err != nil {
		slog.Warn("nothing is served until the secret can be read", "error", l.err)
	}
	return l.get
}

type lazy[T any] struct {
	build func(*Environment) T

	mu    sync.Mutex
	env   *Environment // the last one, as long as there is an outage
	err   error        // of that one
	tried time.Time
	built T
}

func (l *lazy[T]) get(ctx context.Context) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if age := wallclock.Now().Sub(l.tried); l.err != nil && (age >= again || age < 0) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		l.take(WithSecret(ctx, l.env.environ, l.env.secret))
	}
	return l.built, l.err
}

// take builds what it can of an environment.
func (l *lazy[T]) take(e *Environment) {
	l.env, l.err, l.tried = e, e.outage, wallclock.Now()
	if l.err != nil {
		return
	}
	l.built = l.build(e)
	e.MustBeUsable()
}

// passing reports whether a secret that could not be read may be so later.
func isTransient(err error) bool {
	return errors.Is(err, secrets.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
