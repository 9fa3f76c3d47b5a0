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
	// UsableFor is how long fetched keys are used while fetches fail. The
	// rotation of keys waits longer than that (keyring.MaxGatewayAge).
	UsableFor = time.Hour
	// RefreshInterval is the shortest time between two fetches because of
	// unknown keys.
	RefreshInterval = 10 * time.Second

	// maxFresh and minFresh limit the freshness lifetime of an answer. A longer
	// one would keep accepting a removed key, a shorter one would fetch for each
	// request.
	maxFresh = keyring.MaxSetAge
	minFresh = 10 * time.Second
	// The shortest time between a failed fetch and the next one is retryInterval
	// with usable keys, and failInterval without.
	retryInterval = 30 * time.Second
	failInterval  = time.Second
	// fetchTimeout limits one fetch. It does not depend on a caller's context,
	// because several callers may wait for the fetch.
	fetchTimeout = 5 * time.Second
	// refreshWait is how long a caller waits for a fetch if it has usable keys.
	refreshWait = time.Second
)

// keys holds the issuer's public keys and fetches them again when needed.
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
	fetching  *pendingFetch  // under way, or nil
}

// pendingFetch is one fetch that several goroutines may wait for.
type pendingFetch struct {
	done  chan struct{} // closed when the other two are set
	known *token.Service
	err   error
}

func newKeys(p token.Profile, transport http.RoundTripper) *keys {
	return &keys{
		profile: p, url: p.Issuer + "/.well-known/jwks.json",
		// Redirects are not followed: the configuration says where the keys are.
		client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// freshness reports whether the keys are fresh, and whether they are usable if a
// fetch fails. Keys from the future are neither: the clock was set back, so their
// age is unknown. The caller holds k.mu.
func (k *keys) freshness(now time.Time) (fresh, usable bool) {
	age := now.Sub(k.fetchedAt)
	known := k.known != nil && age >= 0
	return known && age < k.freshFor, known && age < UsableFor
}

// failedWithin reports whether the last fetch failed and began less than d ago.
// The caller holds k.mu.
func (k *keys) failedWithin(d time.Duration, now time.Time) bool {
	since := now.Sub(k.begun)
	return k.fetching == nil && k.failure != nil && since >= 0 && since < d
}

// mayBeSlow reports whether a fetch is under way that should not be waited for:
// the one before it failed, or it has taken refreshWait already. Otherwise a
// stranger who sends a token with an invented key would make every good token
// wait for as long as the issuer hangs. The caller holds k.mu.
func (k *keys) mayBeSlow(now time.Time) bool {
	return k.fetching != nil && (k.failure != nil || now.Sub(k.begun) >= refreshWait)
}

// current returns the keys to verify with now.
func (k *keys) current(ctx context.Context, now time.Time) (*token.Service, error) {
	k.mu.Lock()
	fresh, usable := k.freshness(now)
	known := k.known
	switch {
	case fresh, usable && k.failedWithin(retryInterval, now):
		k.mu.Unlock()
		return known, nil
	case usable && k.mayBeSlow(now):
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
	short, cancel := context.WithTimeout(ctx, refreshWait)
	defer cancel()
	if newer, err := f.wait(short); err == nil {
		return newer, nil
	}
	return known, nil
}

// newerThan returns keys that were fetched after these. It fetches them if there
// are none yet. If the last fetch succeeded within RefreshInterval, it returns the
// same keys again.
func (k *keys) newerThan(ctx context.Context, these *token.Service, now time.Time) (*token.Service, error) {
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

// join returns the pending fetch, or starts one. The caller holds k.mu.
func (k *keys) join(ctx context.Context, now time.Time) *pendingFetch {
	if k.fetching != nil {
		return k.fetching
	}
	f := &pendingFetch{done: make(chan struct{})}
	k.fetching, k.begun = f, now
	// The first caller may be cancelled while others still wait.
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
			slog.WarnContext(ctx, "the keys of access tokens could not be fetched; the keys fetched before are used for up to an hour",
				"url", k.url, "error", err)
		}
		k.failure, k.fetching = f.err, nil
		close(f.done)
	}()
	return f
}

func (f *pendingFetch) wait(ctx context.Context) (*token.Service, error) {
	select {
	case <-f.done:
		return f.known, f.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
	}
}
