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
const mostKnown = 10_000

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
type answers struct {
	keep time.Duration
	most int

	mu    sync.Mutex
	known map[request.Caller]*list.Element // of *answer
	byAge *list.List                       // the oldest first
}

// answer is one that is known or is being asked for.
type answer struct {
	of    request.Caller
	begun time.Time
	ready chan struct{} // closed when the rest is set
	who   bearer
	err   error
}

func newAnswers(keep time.Duration, most int) *answers {
	return &answers{keep: keep, most: most, known: map[request.Caller]*list.Element{}, byAge: list.New()}
}

// fresh reports whether the answer may be given now. One from the future is
// not: the clock was set back, and nobody knows how old it is.
func (m *answers) fresh(a *answer, now time.Time) bool {
	age := now.Sub(a.begun)
	return age >= 0 && age < m.keep
}

// get returns what is known of the caller, or asks. Of many that want the same
// at once, one asks. Known reports an answer that another has asked for.
func (m *answers) get(ctx context.Context, of request.Caller, now func() time.Time, ask func(context.Context) (bearer, error)) (who bearer, known bool, err error) {
	for {
		a, mine := m.join(of, now())
		if mine {
			m.fill(ctx, a, ask)
			return a.who, false, a.err
		}
		select {
		case <-a.ready:
		case <-ctx.Done():
			return bearer{}, false, fmt.Errorf("wait for the database's answer: %w", context.Cause(ctx))
		}
		if lasting(a.err) && m.fresh(a, now()) {
			return a.who, true, a.err
		}
		// It failed, perhaps because the other gave up, or took too long.
	}
}

// join returns the answer that may be given, once it is there, or a new one
// that the caller must fill.
func (m *answers) join(of request.Caller, now time.Time) (a *answer, mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.known[of]; ok {
		if a := e.Value.(*answer); m.fresh(a, now) {
			return a, false
		}
		m.remove(e)
	}
	for e := m.byAge.Front(); e != nil && (m.byAge.Len() >= m.most || !m.fresh(e.Value.(*answer), now)); e = m.byAge.Front() {
		m.remove(e)
	}
	a = &answer{of: of, begun: now, ready: make(chan struct{})}
	m.known[of] = m.byAge.PushBack(a)
	return a, true
}

func (m *answers) remove(e *list.Element) {
	delete(m.known, m.byAge.Remove(e).(*answer).of)
}

var errInterrupted = errors.New("the question to the database was interrupted")

// fill asks, and forgets what is no answer.
func (m *answers) fill(ctx context.Context, a *answer, ask func(context.Context) (bearer, error)) {
	a.err = errInterrupted // by a panic
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if e, ok := m.known[a.of]; ok && e.Value == a && !lasting(a.err) {
			m.remove(e)
		}
		close(a.ready)
	}()
	a.who, a.err = ask(ctx)
}

// lasting reports whether the database has answered, be it with no.
func lasting(err error) bool { return err == nil || errors.Is(err, fault.Unauthenticated) }
