// Package secrets reads a function's configuration from one secret of AWS
// Secrets Manager: a JSON object whose members are named like environment
// variables.
//
// What it read serves for 5 minutes; the next use after that reads the secret
// again, once for all who wait. While Secrets Manager does not answer, the last
// good reading serves until it is an hour old, and nothing after that: whoever
// rotates a key can count on nobody using the old one any longer. Refresh reads
// at once, when something the secret holds has stopped working, such as a
// database password. Change sets one member and leaves the rest as it is.
//
// The package refuses to show what it read: no value gets into an error, a log
// line or a printed Secret.
package secrets

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

const (
	// FreshFor is how long a reading serves before the next use reads again.
	FreshFor = 5 * time.Minute
	// UsableFor is how long a reading serves at most, while none succeeds.
	UsableFor = time.Hour

	// RefreshInterval is the shortest time between two readings that Refresh
	// asks for. A hundred requests whose database login fails make one reading.
	RefreshInterval = 5 * time.Second
	// retryInterval is the shortest time between two readings that Get begins
	// while a usable one is at hand. In an outage one request in 30 seconds
	// waits, and the others do not notice.
	retryInterval = 30 * time.Second

	// readTimeout bounds one reading with all its tries. It is the reading's
	// own limit and not a caller's, because several callers may wait for it.
	readTimeout = 7 * time.Second
	// patience is how long a caller waits for a reading that it could do
	// without.
	patience = time.Second
)

// Secret is one secret, for use by several goroutines.
type Secret struct {
	arn    string
	client func() *secretsmanager.Client
	now    func() time.Time

	mu      sync.Mutex
	values  map[string]string // nil until a reading succeeded
	readAt  time.Time         // when the reading of the values began
	begun   time.Time         // when the last reading began
	reading *reading          // under way, or nil
	good    []func(map[string]string) error
}

// reading is one call that several goroutines may wait for.
type reading struct {
	done   chan struct{} // closed when the other two are set
	values map[string]string
	err    error
}

func (r *reading) finished() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// Open names the secret; it reads nothing yet and cannot fail.
func Open(cfg aws.Config, arn string) *Secret {
	return &Secret{
		arn:    arn,
		client: sync.OnceValue(func() *secretsmanager.Client { return secretsmanager.NewFromConfig(cfg) }),
		now:    wallClock,
	}
}

// wallClock has no monotonic part: that may stand still while a sandbox is
// frozen, and a reading would stay young for hours.
func wallClock() time.Time { return time.Now().Round(0) }

// Get gives the secret's members: from memory while the last reading is fresh,
// else as they are now, or were at the last good reading if none succeeds and
// that one is less than UsableFor old. Numbers come as they are written, true
// and false as these words, an object as its JSON. The map is the caller's own.
//
// The error is ErrNotFound, ErrAccessDenied, ErrMalformed, ErrUnavailable or
// the context's.
func (s *Secret) Get(ctx context.Context) (map[string]string, error) {
	s.mu.Lock()
	fresh, usable := s.ages()
	if fresh || usable && s.reading == nil && s.now().Sub(s.begun) < retryInterval {
		defer s.mu.Unlock()
		return maps.Clone(s.values), nil
	}
	known, r := s.values, s.join(ctx)
	s.mu.Unlock()
	if !usable {
		return s.wait(ctx, r)
	}
	select {
	case <-r.done:
	case <-time.After(patience):
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.finished() && r.err == nil {
		known = r.values
	}
	return maps.Clone(known), nil
}

// ages reports whether the values need no reading, and whether they may serve
// when one fails. Values that seem to come from the future are neither: the
// clock was set back, and nobody knows how old they are. s.mu is held.
func (s *Secret) ages() (fresh, usable bool) {
	age := s.now().Sub(s.readAt)
	known := s.values != nil && age >= 0
	return known && age < FreshFor, known && age < UsableFor
}

// Refresh reads the secret again and gives its members. Within RefreshInterval
// of the last reading it reads nothing and gives what is known. When the
// reading fails it gives the error, and Get goes on giving what was known.
func (s *Secret) Refresh(ctx context.Context) (map[string]string, error) {
	s.mu.Lock()
	if _, usable := s.ages(); usable && s.reading == nil && s.now().Sub(s.begun) < RefreshInterval {
		defer s.mu.Unlock()
		return maps.Clone(s.values), nil
	}
	r := s.join(ctx)
	s.mu.Unlock()
	return s.wait(ctx, r)
}

// join gives the reading that is under way, or begins one. s.mu is held.
func (s *Secret) join(ctx context.Context) *reading {
	if s.reading != nil {
		return s.reading
	}
	r := &reading{done: make(chan struct{})}
	begun := s.now()
	s.reading, s.begun = r, begun
	// The first caller may give up while others still wait.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
	go func() {
		defer cancel()
		values, err := s.read(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		r.values, r.err = values, err
		if err == nil {
			s.values, s.readAt = values, begun
		} else if s.values != nil {
			slog.WarnContext(ctx, "the secret was not read again; what was read last serves for up to an hour", "secret", s, "read_at", s.readAt, "error", err)
		}
		s.reading = nil
		close(r.done)
	}()
	return r
}

func (s *Secret) wait(ctx context.Context, r *reading) (map[string]string, error) {
	select {
	case <-r.done:
		return maps.Clone(r.values), r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("read secret %s: %w", s.arn, context.Cause(ctx))
	}
}

func (s *Secret) read(ctx context.Context) (map[string]string, error) {
	now, err := s.version(ctx, current)
	var values map[string]string
	if err == nil {
		values, err = Members(now.text)
	}
	if err == nil {
		err = s.fits(values)
	}
	if err != nil {
		return nil, fmt.Errorf("read secret %s: %w", s.arn, err)
	}
	return values, nil
}

// Require adds a condition on what is read from now on. A reading that fails it
// counts as none: the last good one goes on serving. Its error is shown in logs.
func (s *Secret) Require(good func(values map[string]string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.good = append(s.good, good)
}

func (s *Secret) fits(values map[string]string) error {
	s.mu.Lock()
	good := s.good
	s.mu.Unlock()
	for _, check := range good {
		if err := check(values); err != nil {
			return fmt.Errorf("%w: %w", ErrMalformed, err)
		}
	}
	return nil
}

// String names the secret and shows nothing of it.
func (s *Secret) String() string { return "secret " + s.arn }

// GoString does the same for %#v.
func (s *Secret) GoString() string { return s.String() }

// LogValue does the same for log/slog.
func (s *Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
