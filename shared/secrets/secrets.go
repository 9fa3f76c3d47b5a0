// Package secrets reads a function's configuration from one secret of AWS
// Secrets Manager: a JSON object whose members are named like environment
// variables.
//
// A secret is read once and kept for the life of the process, whatever the
// number of callers; Refresh reads it again when something it holds has stopped
// working, such as a database password after a rotation. The package refuses
// to show what it read: no value gets into an error, a log line or a printed
// Secret.
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
	// RefreshInterval is the shortest time between two readings that Refresh
	// asks for. A hundred requests whose database login fails make one reading.
	RefreshInterval = 5 * time.Second

	// readTimeout bounds one reading with all its tries. It is the reading's
	// own limit and not a caller's, because several callers may wait for it.
	readTimeout = 7 * time.Second
)

// Secret is one secret, for use by several goroutines.
type Secret struct {
	arn    string
	client func() *secretsmanager.Client
	now    func() time.Time

	mu      sync.Mutex
	values  map[string]string // nil until a reading succeeded
	begun   time.Time         // when the last reading began
	reading *reading          // under way, or nil
}

// reading is one call that several goroutines may wait for.
type reading struct {
	done   chan struct{} // closed when the other two are set
	values map[string]string
	err    error
}

// Open names the secret; it reads nothing yet and cannot fail.
func Open(cfg aws.Config, arn string) *Secret {
	return &Secret{
		arn:    arn,
		client: sync.OnceValue(func() *secretsmanager.Client { return secretsmanager.NewFromConfig(cfg) }),
		now:    time.Now,
	}
}

// Get gives the secret's members, from memory after the first success. Numbers
// come as they are written, true and false as these words. A failure is not
// kept: the next Get tries again. The map is the caller's own.
//
// The error is ErrNotFound, ErrAccessDenied, ErrMalformed, ErrUnavailable or
// the context's.
func (s *Secret) Get(ctx context.Context) (map[string]string, error) {
	s.mu.Lock()
	if s.values != nil {
		defer s.mu.Unlock()
		return maps.Clone(s.values), nil
	}
	r := s.join(ctx)
	s.mu.Unlock()
	return s.wait(ctx, r)
}

// Refresh reads the secret again and gives its members. Within RefreshInterval
// of the last reading it reads nothing and gives what is known. When the
// reading fails it gives the error, and Get goes on giving what was known.
func (s *Secret) Refresh(ctx context.Context) (map[string]string, error) {
	s.mu.Lock()
	if s.values != nil && s.reading == nil && s.now().Sub(s.begun) < RefreshInterval {
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
	s.reading, s.begun = r, s.now()
	// The first caller may give up while others still wait.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
	go func() {
		defer cancel()
		values, err := s.read(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		r.values, r.err = values, err
		if err == nil {
			s.values = values
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
	out, err := s.client().GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.arn})
	if err != nil {
		return nil, fmt.Errorf("read secret %s: %w", s.arn, classify(err))
	}
	if out.SecretString == nil {
		return nil, fmt.Errorf("read secret %s: %w: it holds bytes (SecretBinary); store the JSON object as text", s.arn, ErrMalformed)
	}
	values, err := parse(*out.SecretString)
	if err != nil {
		return nil, fmt.Errorf("read secret %s: %w", s.arn, err)
	}
	return values, nil
}

// String names the secret and shows nothing of it.
func (s *Secret) String() string { return "secret " + s.arn }

// GoString does the same for %#v.
func (s *Secret) GoString() string { return s.String() }

// LogValue does the same for log/slog.
func (s *Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
