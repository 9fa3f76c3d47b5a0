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

// The bound: what has ended is refused when so many seconds are over, and not
// before the last answer's time is.
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

// An answer counts from before the question: a statement that takes long does
// not lengthen it.
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
	check(t, "while the answer serves", handle(t, a, event), "ok")
	check(t, "another session", handle(t, a, simpleEvent("Bearer token-8")), failed)
	w.advance(1)
	check(t, "when it has ended", handle(t, a, event), failed)
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

// A clock that was set back must not make an answer young again.
func TestDecisionFromTheFutureIsDropped(t *testing.T) {
	t.Parallel()
	w := newBackend()
	a := w.authorizer(ttl)
	check(t, "first", handle(t, a, simpleEvent("Bearer token-7")), "ok")
	w.endSession(7)
	w.advance(-time.Hour)
	check(t, "an hour before", handle(t, a, simpleEvent("Bearer token-7")), unauthorized)
	if strings.Contains(authorizer.WallClock().String(), "m=") {
		t.Error("the clock stands still while a sandbox is frozen")
	}
}

// No answer is older than keep, in whatever order sessions end, callers come
// and memory is used up.
func TestNoDecisionIsOlderThanItsTTL(t *testing.T) {
	t.Parallel()
	const sessions, rounds, most = 400, 15_000, 150
	random := rand.New(rand.NewPCG(20260105, 0))
	w := newBackend()
	a := w.authorizer(ttl)
	a.SetMaxEntries(most)
	old := 0
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
			old++
		case got == unauthorized && !ended:
			t.Fatalf("session %d is alive and refused", n)
		}
		if known := a.Cached(); known < 0 || known > most {
			t.Fatalf("%d answers are in memory", known)
		}
	}
	t.Logf("%d answers, %d statements, %d of sessions that had just ended", rounds, w.asked, old)
	if old == 0 || w.asked > rounds*9/10 {
		t.Error("nothing was remembered")
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
	most := authorizer.MaxCached
	if n := sweep(0, most+1); n != most+1 {
		t.Errorf("%d sessions took %d statements", most+1, n)
	}
	if n := sweep(1, most+1); n != 0 {
		t.Errorf("of the last %d, %d were forgotten", most, n)
	}
	if n := sweep(0, 1); n != 1 {
		t.Error("the first is still known: there is no bound")
	}
	w.advance(ttl)
	if n := sweep(0, 10); n != 10 {
		t.Errorf("of 10 whose time was over, %d were asked for", n)
	}
	if n := a.Cached(); n != 10 {
		t.Errorf("%d answers are in memory, 10 of which are good", n)
	}
}

// gated is a world whose statements wait until they are let go. It must be used
// in a bubble of synctest, which knows when everybody waits.
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

// Whoever asks for all may give up. The others must not be told that the
// database is out, and one that gives up while it waits does so at once.
func TestCancelledRequestLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, open := gatedBackend()
		a := w.authorizer(ttl)
		gone := func() (giveUp func()) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				if _, err := a.Handle(ctx, json.RawMessage(simpleEvent("Bearer token-7"))); err == nil || err.Error() != failed {
					t.Errorf("one that gave up: %v", err)
				}
			}()
			synctest.Wait()
			return cancel
		}
		first, waiting := gone(), gone()
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
			t.Errorf("%d statements, want that of the first and one for all others", n)
		}
	})
}

// One that waited for another's answer must not be given one that is too old by
// then.
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
			t.Errorf("%d statements, want that of the first and one for all others", n)
		}
	})
}
