package authorizer_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"roster/shared/authorizer"
)

const ttl = 30 * time.Second

// An ended session is refused when the ttl is over, and not earlier.
func TestDecisionIsCachedForItsTTL(t *testing.T) {
	t.Parallel()
	w := newBackend()
	a := w.authorizer(ttl)
	event := simpleEvent("Bearer token-7")
	check(t, "first", handle(t, a, event), "ok")
	w.endSession(7)
	w.advance(ttl - time.Nanosecond)
	check(t, "a moment before", handle(t, a, event), "ok")
	w.advance(time.Nanosecond)
	check(t, "at the end", handle(t, a, event), unauthorized)
	if n := w.statements(); n != 2 {
		t.Errorf("%d statements, want 2", n)
	}
}

// A slow statement must not make a decision last longer.
func TestDecisionAgesFromBeforeTheStatement(t *testing.T) {
	t.Parallel()
	w := newBackend()
	w.before = func() { w.advance(ttl / 2) }
	a := w.authorizer(ttl)
	event := simpleEvent("Bearer token-7")
	check(t, "first", handle(t, a, event), "ok")
	w.advance(ttl/2 - 1)
	check(t, "a moment before", handle(t, a, event), "ok")
	if n := w.statements(); n != 1 {
		t.Errorf("%d statements, want 1", n)
	}
	w.advance(1)
	check(t, "at the end", handle(t, a, event), "ok")
	if n := w.statements(); n != 2 {
		t.Errorf("%d statements, want 2", n)
	}
}

func TestOutageShowsWhenTheDecisionExpires(t *testing.T) {
	t.Parallel()
	w := newBackend()
	a := w.authorizer(ttl)
	event := simpleEvent("Bearer token-7")
	check(t, "first", handle(t, a, event), "ok")
	w.out = unavailable(nil)
	w.advance(ttl - 1)
	check(t, "while the decision is cached", handle(t, a, event), "ok")
	check(t, "another session", handle(t, a, simpleEvent("Bearer token-8")), failed)
	w.advance(1)
	check(t, "when it has expired", handle(t, a, event), failed)
}

func TestRefusalsAreCachedToo(t *testing.T) {
	t.Parallel()
	w := newBackend()
	w.endSession(7)
	a := w.authorizer(ttl)
	for range 100 {
		check(t, "a dead token", handle(t, a, simpleEvent("Bearer token-7")), unauthorized)
	}
	w.advance(ttl)
	check(t, "and again", handle(t, a, simpleEvent("Bearer token-7")), unauthorized)
	if n := w.statements(); n != 2 {
		t.Errorf("%d statements, want 2", n)
	}
}

func TestZeroTTLCachesNothing(t *testing.T) {
	t.Parallel()
	w := newBackend()
	a := w.authorizer(0)
	for range 3 {
		check(t, "alive", handle(t, a, simpleEvent("Bearer token-7")), "ok")
	}
	w.endSession(7)
	check(t, "ended", handle(t, a, simpleEvent("Bearer token-7")), unauthorized)
	if n := w.statements(); n != 4 {
		t.Errorf("%d statements, want 4", n)
	}
}

func TestDecisionIsForOneSession(t *testing.T) {
	t.Parallel()
	w := newBackend()
	a := w.authorizer(ttl)
	check(t, "one", handle(t, a, simpleEvent("Bearer token-7")), "ok")
	w.endSession(8)
	check(t, "another of the same account", handle(t, a, simpleEvent("Bearer token-8")), unauthorized)
	check(t, "the one", handle(t, a, simpleEvent("Bearer token-7")), "ok")
}

// The clock was set back, so the age of the decision is unknown.
func TestDecisionFromTheFutureIsDropped(t *testing.T) {
	t.Parallel()
	w := newBackend()
	a := w.authorizer(ttl)
	check(t, "first", handle(t, a, simpleEvent("Bearer token-7")), "ok")
	w.endSession(7)
	w.advance(-time.Hour)
	check(t, "an hour before", handle(t, a, simpleEvent("Bearer token-7")), unauthorized)
	if strings.Contains(authorizer.New(w, w, ttl).Now().String(), "m=") {
		t.Error("the clock stands still while a sandbox is frozen")
	}
}

// A random order of ended sessions, requests and a full cache.
func TestNoDecisionIsOlderThanItsTTL(t *testing.T) {
	t.Parallel()
	const sessions, rounds, limit = 400, 15_000, 150
	random := rand.New(rand.NewPCG(20260105, 0))
	w := newBackend()
	a := w.authorizer(ttl)
	a.SetMaxEntries(limit)
	stale := 0 // decisions for sessions that had ended within the ttl
	for range rounds {
		w.advance(time.Duration(random.Int64N(int64(100 * time.Millisecond))))
		n := random.IntN(sessions)
		if random.IntN(200) == 0 {
			w.endSession(n)
		}
		since, ended := w.ended[uuid(n)]
		switch got := handle(t, a, simpleEvent("Bearer "+token(n))); {
		case got == "ok" && ended && w.now.Sub(since) >= ttl:
			t.Fatalf("session %d ended %v ago and is let through", n, w.now.Sub(since))
		case got == "ok" && ended:
			stale++
		case got == unauthorized && !ended:
			t.Fatalf("session %d is alive and refused", n)
		}
		if known := a.Cached(); known < 0 || known > limit {
			t.Fatalf("%d decisions are in the cache", known)
		}
	}
	t.Logf("%d requests, %d statements, %d stale decisions", rounds, w.asked, stale)
	if stale == 0 || w.asked > rounds*9/10 {
		t.Error("nothing was cached")
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	w := newBackend()
	a := w.authorizer(ttl)
	sweep := func(from, to int) (statements int) {
		before := w.asked
		for n := from; n < to; n++ {
			check(t, "a session", handle(t, a, simpleEvent("Bearer "+token(n))), "ok")
		}
		return w.asked - before
	}
	limit := authorizer.MaxCached
	if n := sweep(0, limit+1); n != limit+1 {
		t.Errorf("%d sessions took %d statements", limit+1, n)
	}
	if n := sweep(1, limit+1); n != 0 {
		t.Errorf("of the last %d, %d were not cached", limit, n)
	}
	if n := sweep(0, 1); n != 1 {
		t.Error("the first is still cached: the cache has no limit")
	}
	w.advance(ttl)
	if n := sweep(0, 10); n != 10 {
		t.Errorf("of 10 expired decisions, %d took a statement", n)
	}
	if n := a.Cached(); n != 10 {
		t.Errorf("%d decisions are in the cache, want the 10 fresh ones", n)
	}
}

// gatedBackend returns a backend whose statements wait for the channel. It must be
// used in a bubble of synctest, which knows when all goroutines wait.
func gatedBackend() (w *backend, open chan struct{}) {
	w, open = newBackend(), make(chan struct{})
	w.before = func() { <-open }
	return w, open
}

func TestConcurrentRequestsShareOneStatement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, open := gatedBackend()
		a := w.authorizer(ttl)
		for range 100 {
			go func() { check(t, "each", handle(t, a, simpleEvent("Bearer token-7")), "ok") }()
		}
		synctest.Wait()
		close(open)
		synctest.Wait()
		if n := w.statements(); n != 1 {
			t.Errorf("%d statements", n)
		}
	})
}

// The request that runs the statement for the others may be cancelled, and so may
// one that waits. Both must end at once, and the others must not fail.
func TestCancelledRequestLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, open := gatedBackend()
		a := w.authorizer(ttl)
		cancelled := func() (cancel func()) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				if _, err := a.Handle(ctx, json.RawMessage(simpleEvent("Bearer token-7"))); err == nil || err.Error() != failed {
					t.Errorf("a cancelled request: %v", err)
				}
			}()
			synctest.Wait()
			return cancel
		}
		first, waiting := cancelled(), cancelled()
		for range 20 {
			go func() { check(t, "another", handle(t, a, simpleEvent("Bearer token-7")), "ok") }()
		}
		synctest.Wait()
		waiting()
		first()
		synctest.Wait()
		close(open)
		synctest.Wait()
		if n := w.statements(); n != 2 {
			t.Errorf("%d statements, want 2: one for the first request and one for all others", n)
		}
	})
}

// A request may wait so long for the statement of another one that the decision
// has expired by then.
func TestSharedDecisionIsNotTooOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, open := gatedBackend()
		a := w.authorizer(ttl)
		go func() { check(t, "the first", handle(t, a, simpleEvent("Bearer token-7")), "ok") }()
		synctest.Wait()
		for range 20 {
			go func() { check(t, "another", handle(t, a, simpleEvent("Bearer token-7")), "ok") }()
		}
		synctest.Wait()
		w.advance(ttl)
		open <- struct{}{} // the first alone
		synctest.Wait()
		close(open)
		synctest.Wait()
		if n := w.statements(); n != 2 {
			t.Errorf("%d statements, want 2: one for the first request and one for all others", n)
		}
	})
}
