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

const keep = 30 * time.Second

// The bound: what has ended is refused when so many seconds are over, and not
// before the last answer's time is.
func TestAnAnswerServesForItsSeconds(t *testing.T) {
	t.Parallel()
	w := newWorld()
	a := w.authorizer(keep)
	event := simple("Bearer token-7")
	check(t, "first", ask(t, a, event), "ok")
	w.end(7)
	w.pass(keep - time.Nanosecond)
	check(t, "a moment before", ask(t, a, event), "ok")
	w.pass(time.Nanosecond)
	check(t, "at the end", ask(t, a, event), unauthorized)
	if n := w.statements(); n != 2 {
		t.Errorf("%d statements, want 2", n)
	}
}

// An answer counts from before the question: a statement that takes long does
// not lengthen it.
func TestASlowAnswerIsNotYoung(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.before = func() { w.pass(keep / 2) }
	a := w.authorizer(keep)
	event := simple("Bearer token-7")
	check(t, "first", ask(t, a, event), "ok")
	w.pass(keep/2 - 1)
	check(t, "a moment before", ask(t, a, event), "ok")
	if n := w.statements(); n != 1 {
		t.Errorf("%d statements, want 1", n)
	}
	w.pass(1)
	check(t, "at the end", ask(t, a, event), "ok")
	if n := w.statements(); n != 2 {
		t.Errorf("%d statements, want 2", n)
	}
}

func TestAnOutageIsSeenWhenAnAnswerEnds(t *testing.T) {
	t.Parallel()
	w := newWorld()
	a := w.authorizer(keep)
	event := simple("Bearer token-7")
	check(t, "first", ask(t, a, event), "ok")
	w.out = unavailable(nil)
	w.pass(keep - 1)
	check(t, "while the answer serves", ask(t, a, event), "ok")
	check(t, "another session", ask(t, a, simple("Bearer token-8")), failed)
	w.pass(1)
	check(t, "when it has ended", ask(t, a, event), failed)
}

func TestRefusalsAreRememberedToo(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.end(7)
	a := w.authorizer(keep)
	for range 100 {
		check(t, "a dead token", ask(t, a, simple("Bearer token-7")), unauthorized)
	}
	w.pass(keep)
	check(t, "and again", ask(t, a, simple("Bearer token-7")), unauthorized)
	if n := w.statements(); n != 2 {
		t.Errorf("%d statements, want 2", n)
	}
}

func TestNothingIsRememberedForNoSeconds(t *testing.T) {
	t.Parallel()
	w := newWorld()
	a := w.authorizer(0)
	for range 3 {
		check(t, "alive", ask(t, a, simple("Bearer token-7")), "ok")
	}
	w.end(7)
	check(t, "ended", ask(t, a, simple("Bearer token-7")), unauthorized)
	if n := w.statements(); n != 4 {
		t.Errorf("%d statements, want 4", n)
	}
}

func TestAnAnswerIsForOneSession(t *testing.T) {
	t.Parallel()
	w := newWorld()
	a := w.authorizer(keep)
	check(t, "one", ask(t, a, simple("Bearer token-7")), "ok")
	w.end(8)
	check(t, "another of the same account", ask(t, a, simple("Bearer token-8")), unauthorized)
	check(t, "the one", ask(t, a, simple("Bearer token-7")), "ok")
}

// A clock that was set back must not make an answer young again.
func TestAnAnswerFromTheFutureIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	a := w.authorizer(keep)
	check(t, "first", ask(t, a, simple("Bearer token-7")), "ok")
	w.end(7)
	w.pass(-time.Hour)
	check(t, "an hour before", ask(t, a, simple("Bearer token-7")), unauthorized)
	if strings.Contains(authorizer.New(w, w, keep).Now().String(), "m=") {
		t.Error("the clock stands still while a sandbox is frozen")
	}
}

// No answer is older than keep, in whatever order sessions end, callers come
// and memory is used up.
func TestNoAnswerIsOlderThanItsSeconds(t *testing.T) {
	t.Parallel()
	const sessions, rounds, most = 400, 15_000, 150
	random := rand.New(rand.NewPCG(20260105, 0))
	w := newWorld()
	a := w.authorizer(keep)
	a.SetMost(most)
	old := 0
	for range rounds {
		w.pass(time.Duration(random.Int64N(int64(100 * time.Millisecond))))
		n := random.IntN(sessions)
		if random.IntN(200) == 0 {
			w.end(n)
		}
		since, ended := w.ended[uuid(n)]
		switch got := ask(t, a, simple("Bearer "+token(n))); {
		case got == "ok" && ended && w.now.Sub(since) >= keep:
			t.Fatalf("session %d ended %v ago and is let through", n, w.now.Sub(since))
		case got == "ok" && ended:
			old++
		case got == unauthorized && !ended:
			t.Fatalf("session %d is alive and refused", n)
		}
		if known := a.Known(); known < 0 || known > most {
			t.Fatalf("%d answers are in memory", known)
		}
	}
	t.Logf("%d answers, %d statements, %d of sessions that had just ended", rounds, w.asked, old)
	if old == 0 || w.asked > rounds*9/10 {
		t.Error("nothing was remembered")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld()
	a := w.authorizer(keep)
	sweep := func(from, to int) (statements int) {
		before := w.asked
		for n := from; n < to; n++ {
			check(t, "a session", ask(t, a, simple("Bearer "+token(n))), "ok")
		}
		return w.asked - before
	}
	most := authorizer.MostKnown
	if n := sweep(0, most+1); n != most+1 {
		t.Errorf("%d sessions took %d statements", most+1, n)
	}
	if n := sweep(1, most+1); n != 0 {
		t.Errorf("of the last %d, %d were forgotten", most, n)
	}
	if n := sweep(0, 1); n != 1 {
		t.Error("the first is still known: there is no bound")
	}
	w.pass(keep)
	if n := sweep(0, 10); n != 10 {
		t.Errorf("of 10 whose time was over, %d were asked for", n)
	}
	if n := a.Known(); n != 10 {
		t.Errorf("%d answers are in memory, 10 of which are good", n)
	}
}

// gated is a world whose statements wait until they are let go. It must be used
// in a bubble of synctest, which knows when everybody waits.
func gated() (w *world, open chan struct{}) {
	w, open = newWorld(), make(chan struct{})
	w.before = func() { <-open }
	return w, open
}

func TestManyAtOnceAskOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, open := gated()
		a := w.authorizer(keep)
		for range 100 {
			go func() { check(t, "each", ask(t, a, simple("Bearer token-7")), "ok") }()
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
func TestOneThatGivesUpIsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, open := gated()
		a := w.authorizer(keep)
		gone := func() (giveUp func()) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				if _, err := a.Handle(ctx, json.RawMessage(simple("Bearer token-7"))); err == nil || err.Error() != failed {
					t.Errorf("one that gave up: %v", err)
				}
			}()
			synctest.Wait()
			return cancel
		}
		first, waiting := gone(), gone()
		for range 20 {
			go func() { check(t, "another", ask(t, a, simple("Bearer token-7")), "ok") }()
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
func TestASharedAnswerIsNotTooOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, open := gated()
		a := w.authorizer(keep)
		go func() { check(t, "the first", ask(t, a, simple("Bearer token-7")), "ok") }()
		synctest.Wait()
		for range 20 {
			go func() { check(t, "another", ask(t, a, simple("Bearer token-7")), "ok") }()
		}
		synctest.Wait()
		w.pass(keep)
		open <- struct{}{} // the first alone
		synctest.Wait()
		close(open)
		synctest.Wait()
		if n := w.statements(); n != 2 {
			t.Errorf("%d statements, want that of the first and one for all others", n)
		}
	})
}
