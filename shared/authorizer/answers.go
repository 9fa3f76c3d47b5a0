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

// mostKnown bounds the memory: so many answers take some 6 MB.
const maxCached = 10_000

// answers remembers what the database said of a caller: of one session, at one
// version of its account's tokens.
//
// Refusals are remembered, too, and are never wrong for it: an ended session
// does not come back, and an account's version only counts up. A client that
// goes on with a dead token therefore costs a statement each time an answer
// ends, and not each time it asks. Failures are not remembered.
//
// An answer is as old as the question: it counts from before the statement. So
// none is given that was not true at some moment of the last keep.
type decisionCache struct {
	ttl        time.Duration
	maxEntries int

	mu      sync.Mutex
	entries map[request.Caller]*list.Element // of *answer
	byAge   *list.List                       // the oldest first
}

// answer is one that is known or is being asked for.
type decision struct {
	caller  request.Caller
	askedAt time.Time
	ready   chan struct{} // closed when the rest is set
	subject subject
	err     error
}

func newDecisionCache(keep time.Duration, most int) *decisionCache {
	return &decisionCache{ttl: keep, maxEntries: most, entries: map[request.Caller]*list.Element{}, byAge: list.New()}
}

// fresh reports whether the answer may be given now. One from the future is
// not: the clock was set back, and nobody knows how old it is.
func (m *decisionCache) fresh(a *decision, now time.Time) bool {
	age := now.Sub(a.askedAt)
	return age >= 0 && age < m.ttl
}

// get returns what is known of the caller, or asks. Of many that want the same
// at once, one asks. Known reports an answer that another has asked for.
func (m *decisionCache) get(ctx context.Context, of request.Caller, now func() time.Time, ask func(context.Context) (subject, error)) (who subject, known bool, err error) {
	for {
		a, mine := m.join(of, now())
		if mine {
			m.fill(ctx, a, ask)
			return a.subject, false, a.err
		}
		select {
		case <-a.ready:
		case <-ctx.Done():
			return subject{}, false, fmt.Errorf("wait for the database's answer: %w", context.Cause(ctx))
		}
		if isDecision(a.err) && m.fresh(a, now()) {
			return a.subject, true, a.err
		}
		// It failed, perhaps because the other gave up, or took too long.
	}
}

// join returns the answer that may be given, once it is there, or a new one
// that the caller must fill.
func (m *decisionCache) join(of request.Caller, now time.Time) (a *decision, mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.entries[of]; ok {
		if a := e.Value.(*decision); m.fresh(a, now) {
			return a, false
		}
		m.remove(e)
	}
	for e := m.byAge.Front(); e != nil && (m.byAge.Len() >= m.maxEntries || !m.fresh(e.Value.(*decision), now)); e = m.byAge.Front() {
		m.remove(e)
	}
	a = &decision{caller: of, askedAt: now, ready: make(chan struct{})}
	m.entries[of] = m.byAge.PushBack(a)
	return a, true
}

func (m *decisionCache) remove(e *list.Element) {
	delete(m.entries, m.byAge.Remove(e).(*decision).caller)
}

var errInterrupted = errors.New("the question to the database was interrupted")

// fill asks, and forgets what is no answer.
func (m *decisionCache) fill(ctx context.Context, a *decision, ask func(context.Context) (subject, error)) {
	a.err = errInterrupted // by a panic
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if e, ok := m.entries[a.caller]; ok && e.Value == a && !isDecision(a.err) {
			m.remove(e)
		}
		close(a.ready)
	}()
	a.subject, a.err = ask(ctx)
}

// lasting reports whether the database has answered, be it with no.
func isDecision(err error) bool { return err == nil || errors.Is(err, fault.Unauthenticated) }
