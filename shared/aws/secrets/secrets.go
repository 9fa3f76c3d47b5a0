// Package secrets reads a function's configuration from one secret of AWS
// Secrets Manager: a JSON object whose members are named like environment
// variables.
//
//	secret := secrets.Open(cfg, arn)
//	values, err := secret.Get(ctx)
//
// Get keeps the values in memory for 5 minutes. The next call after that reads
// the secret again, with one read for all callers that wait. During an outage of
// Secrets Manager the last values stay in use until they are an hour old, and no
// longer: an hour after a key was rotated, no instance uses the old one. Refresh
// reads at once; it is for when a value has stopped working, such as a database
// password. Change sets one member and leaves the others as they are.
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

	"roster/shared/wallclock"
)

const (
	// FreshFor is how old the values may be before Get reads the secret again.
	FreshFor = 5 * time.Minute
	// UsableFor is how old the values may be at most, when no read succeeds.
	UsableFor = time.Hour

	// RefreshInterval is the shortest time between two reads by Refresh. When a
	// hundred requests fail to log in to the database, there is one read.
	RefreshInterval = 5 * time.Second
	// retryInterval is the shortest time between two reads by Get as long as the
	// values are usable. In an outage one request in 30 seconds waits for a read,
	// and the others do not.
	retryInterval = 30 * time.Second

	// readTimeout bounds one read with all its attempts. The deadline of the
	// caller that started it does not, because other callers may wait for it.
	readTimeout = 7 * time.Second
	// maxWait is how long Get waits for a read when the values are still usable.
	maxWait = time.Second
)

// Secret is one secret. It is safe for concurrent use.
type Secret struct {
	arn    string
	client func() *secretsmanager.Client
	now    func() time.Time

	mu        sync.Mutex
	values    map[string]string // nil until a read has succeeded
	readAt    time.Time         // when the read that returned them began
	startedAt time.Time         // when the last read began
	inFlight  *pendingRead      // nil if no read is in flight
	checks    []func(map[string]string) error
}

// pendingRead is a read that several goroutines may wait for.
type pendingRead struct {
	done   chan struct{} // closed when values and err are set
	values map[string]string
	err    error
}

func (r *pendingRead) finished() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// Open returns the secret with that ARN. It makes no call.
func Open(cfg aws.Config, arn string) *Secret {
	return &Secret{
		arn:    arn,
		client: sync.OnceValue(func() *secretsmanager.Client { return secretsmanager.NewFromConfig(cfg) }),
		now:    wallclock.Now,
	}
}

// Get returns the secret's members. It takes them from memory if they are less
// than FreshFor old, else it reads the secret. If the read fails, it returns the
// last ones as long as they are less than UsableFor old. Numbers, true, false
// and objects are returned as their JSON. The caller may change the map.
//
// The error is ErrNotFound, ErrAccessDenied, ErrMalformed, ErrUnavailable or the
// context's.
func (s *Secret) Get(ctx context.Context) (map[string]string, error) {
	s.mu.Lock()
	if values := s.recent(); values != nil {
		defer s.mu.Unlock()
		return maps.Clone(values), nil
	}
	_, usable := s.ages()
	values, r := s.values, s.join(ctx)
	s.mu.Unlock()
	if !usable {
		return s.wait(ctx, r)
	}
	select {
	case <-r.done:
	case <-time.After(maxWait):
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.finished() && r.err == nil {
		values = r.values
	}
	return maps.Clone(values), nil
}

// Recent returns what Get would return without a read, or nil if Get would read the
// secret. It returns the same map until the secret was read again. The caller must
// not change the map.
func (s *Secret) Recent() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recent()
}

// recent is Recent for a caller that holds s.mu.
func (s *Secret) recent() map[string]string {
	fresh, usable := s.ages()
	if fresh || usable && s.inFlight == nil && s.now().Sub(s.startedAt) < retryInterval {
		return s.values
	}
	return nil
}

// ages reports whether the values are so new that no read is needed, and whether
// they may be used if a read fails. If they seem to come from the future, the
// clock was set back. Then their age is unknown, and both are false. The caller
// holds s.mu.
func (s *Secret) ages() (fresh, usable bool) {
	age := s.now().Sub(s.readAt)
	known := s.values != nil && age >= 0
	return known && age < FreshFor, known && age < UsableFor
}

// Refresh reads the secret again and returns its members. Less than
// RefreshInterval after the last read it returns the members from memory. If the
// read fails, Refresh returns the error, and Get still returns the last members.
func (s *Secret) Refresh(ctx context.Context) (map[string]string, error) {
	s.mu.Lock()
	if _, usable := s.ages(); usable && s.inFlight == nil && s.now().Sub(s.startedAt) < RefreshInterval {
		defer s.mu.Unlock()
		return maps.Clone(s.values), nil
	}
	r := s.join(ctx)
	s.mu.Unlock()
	return s.wait(ctx, r)
}

// join returns the read that is in flight, or starts one. The caller holds s.mu.
func (s *Secret) join(ctx context.Context) *pendingRead {
	if s.inFlight != nil {
		return s.inFlight
	}
	r := &pendingRead{done: make(chan struct{})}
	start := s.now()
	s.inFlight, s.startedAt = r, start
	// The caller that starts the read may give up while others still wait.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
	go func() {
		defer cancel()
		values, err := s.read(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		r.values, r.err = values, err
		if err == nil {
			s.values, s.readAt = values, start
		} else if s.values != nil {
			slog.WarnContext(ctx, "the secret could not be read again; the last values stay in use until they are an hour old",
				"secret", s, "read_at", s.readAt, "error", err)
		}
		s.inFlight = nil
		close(r.done)
	}()
	return r
}

func (s *Secret) wait(ctx context.Context, r *pendingRead) (map[string]string, error) {
	select {
	case <-r.done:
		return maps.Clone(r.values), r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("read secret %s: %w", s.arn, context.Cause(ctx))
	}
}

func (s *Secret) read(ctx context.Context) (map[string]string, error) {
	v, err := s.version(ctx, current)
	var values map[string]string
	if err == nil {
		values, err = ParseMembers(v.text)
	}
	if err == nil {
		err = s.check(values)
	}
	if err != nil {
		return nil, fmt.Errorf("read secret %s: %w", s.arn, err)
	}
	return values, nil
}

// Require adds a check of what is read from now on. Members that fail it are not
// used: the last good ones stay in use. The check's error is logged, so it must
// not show a value.
func (s *Secret) Require(valid func(values map[string]string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks = append(s.checks, valid)
}

func (s *Secret) check(values map[string]string) error {
	s.mu.Lock()
	checks := s.checks
	s.mu.Unlock()
	for _, valid := range checks {
		if err := valid(values); err != nil {
			return fmt.Errorf("%w: %w", ErrMalformed, err)
		}
	}
	return nil
}

// String shows the ARN and no value.
func (s *Secret) String() string { return "secret " + s.arn }

// GoString does the same for %#v.
func (s *Secret) GoString() string { return s.String() }

// LogValue does the same for log/slog.
func (s *Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
