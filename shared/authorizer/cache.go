package authorizer

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"roster/shared/fault"
	"roster/shared/request"
)

// maxCached is how many decisions the cache holds. They take about 6 MB.
const maxCached = 10_000

// decisionCache keeps the database's decisions. A key is one session, at one
// token version of its account.
//
// It keeps refusals, too. They stay true, because an ended session never comes
// back and a token version only grows. So a client that goes on using a dead
// token costs one statement for each ttl, and not one for each request. The
// cache does not keep failures.
//
// The age of a decision counts from before its statement. So every decision that
// is given was true at some moment within the last ttl.
type decisionCache struct {
	ttl        time.Duration
	maxEntries int

	mu      sync.Mutex
	entries map[request.Caller]*list.Element // of *decision
	byAge   *list.List                       // the oldest first
}

// decision is the database's answer for a caller. It may still be pending.
type decision struct {
	caller  request.Caller
	askedAt time.Time
	ready   chan struct{} // closed when subject and err are set
	subject subject
	err     error
}

func newDecisionCache(ttl time.Duration, maxEntries int) *decisionCache {
	return &decisionCache{ttl: ttl, maxEntries: maxEntries, entries: map[request.Caller]*list.Element{}, byAge: list.New()}
}

// fresh reports whether the decision may still be given. A decision from the
// future may not: the clock was set back, so its age is unknown.
func (m *decisionCache) fresh(d *decision, now time.Time) bool {
	age := now.Sub(d.askedAt)
	return age >= 0 && age < m.ttl
}

// get returns the decision for the caller, from the cache or by calling ask. If
// several goroutines want the same decision at once, only one of them calls ask.
// Cached reports that this call did not need ask.
func (m *decisionCache) get(
	ctx context.Context, caller request.Caller, now func() time.Time, ask func(context.Context) (subject, error),
) (s subject, cached bool, err error) {
	for {
		d, created := m.join(caller, now())
		if created {
			m.fill(ctx, d, ask)
			return d.subject, false, d.err
		}
		select {
		case <-d.ready:
		case <-ctx.Done():
			return subject{}, false, fmt.Errorf("wait for the database's answer: %w", context.Cause(ctx))
		}
		if isDecision(d.err) && m.fresh(d, now()) {
			return d.subject, true, d.err
		}
		// The other call failed, for example because its client has gone, or it
		// took too long. Ask again.
	}
}

// join returns the caller's fresh decision, which may be pending, or creates a
// new one that this goroutine must fill.
func (m *decisionCache) join(caller request.Caller, now time.Time) (d *decision, created bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.entries[caller]; ok {
		if d := e.Value.(*decision); m.fresh(d, now) {
			return d, false
		}
		m.remove(e)
	}
	for e := m.byAge.Front(); e != nil && (m.byAge.Len() >= m.maxEntries || !m.fresh(e.Value.(*decision), now)); e = m.byAge.Front() {
		m.remove(e)
	}
	d = &decision{caller: caller, askedAt: now, ready: make(chan struct{})}
	m.entries[caller] = m.byAge.PushBack(d)
	return d, true
}

func (m *decisionCache) remove(e *list.Element) {
	delete(m.entries, m.byAge.Remove(e).(*decision).caller)
}

var errInterrupted = errors.New("the call of the database panicked")

// fill calls ask and stores the result. It removes the entry again if ask failed.
func (m *decisionCache) fill(ctx context.Context, d *decision, ask func(context.Context) (subject, error)) {
	d.err = errInterrupted // stays if ask panics
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if e, ok := m.entries[d.caller]; ok && e.Value == d && !isDecision(d.err) {
			m.remove(e)
		}
		close(d.ready)
	}()
	d.subject, d.err = ask(ctx)
}

// isDecision reports whether the database has decided, be it with a refusal.
// Any other error is a failure.
func isDecision(err error) bool { return err == nil || errors.Is(err, fault.Unauthenticated) }
