package bearer

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"roster/shared/credential/keyring"
	"roster/shared/credential/token"
)

const (
	// UsableFor is how long fetched keys serve at most, while no fetch succeeds.
	// The rotation of keys waits for caches that keep them for longer than that
	// (keyring.MaxGatewayAge).
	UsableFor = time.Hour
	// RefreshInterval is the shortest time between two fetches for keys that
	// tokens name and nobody knows.
	RefreshInterval = 10 * time.Second

	// mostFresh and leastFresh bound what the answer says of its age. More than
	// keyring.MaxSetAge would keep a key that was taken back, less would ask for
	// each request.
	mostFresh  = keyring.MaxSetAge
	leastFresh = 10 * time.Second
	// retryInterval is the shortest time between a fetch that failed and the
	// next while usable keys are at hand, failInterval while none are.
	retryInterval = 30 * time.Second
	failInterval  = time.Second
	// fetchTimeout bounds one fetch. It is the fetch's own limit and not a
	// caller's, because several may wait for it.
	fetchTimeout = 5 * time.Second
	// patience is how long a caller waits for a fetch that it could do without.
	patience = time.Second
)

// keys are the issuer's public keys, as a service that verifies with them.
type keys struct {
	profile token.Profile
	url     string
	client  *http.Client

	mu        sync.Mutex
	known     *token.Service // nil until a fetch succeeded
	fetchedAt time.Time      // when that fetch began
	freshFor  time.Duration  // from then
	begun     time.Time      // when the last fetch began
	failure   error          // of the last fetch; nil if it succeeded
	fetching  *fetching      // under way, or nil
}

// fetching is one fetch that several goroutines may wait for.
type fetching struct {
	done  chan struct{} // closed when the other two are set
	known *token.Service
	err   error
}

func newKeys(p token.Profile, transport http.RoundTripper) *keys {
	return &keys{
		profile: p, url: p.Issuer + "/.well-known/jwks.json",
		// A redirect is no answer: where the keys are is configured.
		client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// ages reports whether the known keys need no fetch, and whether they may serve
// when one fails. Keys from the future are neither: the clock was set back, and
// nobody knows how old they are. k.mu is held.
func (k *keys) ages(now time.Time) (fresh, usable bool) {
	age := now.Sub(k.fetchedAt)
	known := k.known != nil && age >= 0
	return known && age < k.freshFor, known && age < UsableFor
}

// failedWithin reports whether the last fetch failed and began less than that
// ago. k.mu is held.
func (k *keys) failedWithin(d time.Duration, now time.Time) bool {
	since := now.Sub(k.begun)
	return k.fetching == nil && k.failure != nil && since >= 0 && since < d
}

// current returns the keys to verify with now.
func (k *keys) current(ctx context.Context, now time.Time) (*token.Service, error) {
	k.mu.Lock()
	fresh, usable := k.ages(now)
	known := k.known
	switch {
	case fresh, usable && k.failedWithin(retryInterval, now):
		k.mu.Unlock()
		return known, nil
	case !usable && k.failedWithin(failInterval, now):
		defer k.mu.Unlock()
		return nil, k.failure
	}
	f := k.join(ctx, now)
	k.mu.Unlock()
	if !usable {
		return f.wait(ctx)
	}
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if newer, err := f.wait(short); err == nil {
		return newer, nil
	}
	return known, nil
}

// newer returns other keys than these, if there are any: such as were fetched
// meanwhile, or are now. It returns these again if the last fetch was good and
// not long ago.
func (k *keys) newer(ctx context.Context, these *token.Service, now time.Time) (*token.Service, error) {
	k.mu.Lock()
	since := now.Sub(k.begun)
	recent := k.fetching == nil && since >= 0 && since < RefreshInterval
	if k.known != these || recent {
		defer k.mu.Unlock()
		if k.known == these && k.failure != nil {
			return nil, k.failure
		}
		return k.known, nil
	}
	f := k.join(ctx, now)
	k.mu.Unlock()
	return f.wait(ctx)
}

// join returns the fetch that is under way, or begins one. k.mu is held.
func (k *keys) join(ctx context.Context, now time.Time) *fetching {
	if k.fetching != nil {
		return k.fetching
	}
	f := &fetching{done: make(chan struct{})}
	k.fetching, k.begun = f, now
	// The first caller may give up while others still wait.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	go func() {
		defer cancel()
		set, fresh, err := k.fetch(ctx)
		k.mu.Lock()
		defer k.mu.Unlock()
		if err == nil {
			f.known = token.New(k.profile, token.Keys{Set: set})
			k.known, k.fetchedAt, k.freshFor = f.known, now, fresh
		} else {
			f.err = fmt.Errorf("%w: %w", ErrUnavailable, err)
			slog.WarnContext(ctx, "the keys of access tokens were not fetched; those that were fetched last serve for up to an hour",
				"url", k.url, "error", err)
		}
		k.failure, k.fetching = f.err, nil
		close(f.done)
	}()
	return f
}

func (f *fetching) wait(ctx context.Context) (*token.Service, error) {
	select {
	case <-f.done:
		return f.known, f.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
	}
}
