package postgres_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/postgres"
	"roster/shared/ratelimit"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func consume(t *testing.T, db *postgres.DB, now time.Time, budgets ...ratelimit.Budget) time.Duration {
	t.Helper()
	attempt, err := db.Consume(t.Context(), budgets, now)
	if err != nil {
		t.Fatal(err)
	}
	return attempt.Wait
}

func TestConsumeWindow(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	b := ratelimit.Budget{Key: "window", Limit: 3, Window: time.Minute}
	for i := range 3 {
		if wait := consume(t, db, noon.Add(time.Duration(i)*time.Second), b); wait != 0 {
			t.Fatalf("attempt %d of 3 waits %v", i+1, wait)
		}
	}
	// Refused attempts neither count nor move the window.
	for _, after := range []time.Duration{2 * time.Second, 30 * time.Second, 59 * time.Second} {
		if wait, want := consume(t, db, noon.Add(after), b), time.Minute-after; wait != want {
			t.Errorf("after %v: wait %v, want %v", after, wait, want)
		}
	}
	if wait := consume(t, db, noon.Add(time.Minute), b); wait != 0 {
		t.Errorf("in the next window: wait %v", wait)
	}
}

func TestConsumeBackoff(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	b := ratelimit.Budget{Key: "backoff", Limit: 100, Consecutive: true}
	now := noon
	for i := 1; i <= 100; i++ {
		if wait := consume(t, db, now, b); wait != 0 {
			t.Fatalf("attempt %d at %v waits %v", i, now.Sub(noon), wait)
		}
		want := time.Duration(0)
		if i >= 5 {
			want = min(15*time.Minute, time.Second<<min(i-5, 20))
		}
		if i == 100 {
			break
		}
		if want > 0 {
			if wait := consume(t, db, now.Add(want-time.Second), b); wait != time.Second {
				t.Fatalf("after attempt %d: wait %v a second before the end of %v", i, wait, want)
			}
		}
		now = now.Add(want)
	}
	if wait := consume(t, db, now.Add(30*24*time.Hour), b); wait < time.Hour {
		t.Errorf("a month after 100 consecutive attempts: wait %v, want no more attempts", wait)
	}
}

func TestConsumeBackoffStartsAgain(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	b := ratelimit.Budget{Key: "quiet", Limit: 7, Consecutive: true}
	for range 5 {
		consume(t, db, noon, b)
	}
	if wait := consume(t, db, noon, b); wait != time.Second {
		t.Fatalf("wait %v, want 1s", wait)
	}
	later := noon.Add(15*time.Minute + time.Second)
	for i := range 2 {
		if wait := consume(t, db, later, b); wait != 0 {
			t.Errorf("attempt %d after a quarter of an hour waits %v", i+1, wait)
		}
	}
	if wait := consume(t, db, later, b); wait < time.Hour {
		t.Errorf("the eighth of at most seven consecutive attempts: wait %v", wait)
	}
}

// The last attempt before a wait is marked, once, so that the audit log can say
// when each wait began.
func TestConsumeMarksTheLast(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	window := ratelimit.Budget{Key: "window", Limit: 3, Window: time.Minute}
	backoff := ratelimit.Budget{Key: "backoff", Limit: 100, Consecutive: true}
	for _, c := range []struct {
		budget ratelimit.Budget
		want   []bool // of each attempt; a refused attempt is not the last
	}{
		{window, []bool{false, false, true, false, false}},
		{backoff, []bool{false, false, false, false, true, false, false}},
	} {
		for i, want := range c.want {
			attempt, err := db.Consume(t.Context(), []ratelimit.Budget{{Key: "everyone", Limit: 1000, Window: time.Hour}, c.budget}, noon)
			if err != nil || attempt.Last != want {
				t.Errorf("%s, attempt %d: last %v, error %v", c.budget.Key, i+1, attempt.Last, err)
			}
		}
	}
	if attempt, err := db.Consume(t.Context(), []ratelimit.Budget{backoff}, noon.Add(time.Second)); err != nil || !attempt.Last || attempt.Wait > 0 {
		t.Errorf("the sixth after its wait: %+v, %v", attempt, err)
	}
}

func TestConsumeAllOrNone(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	full := ratelimit.Budget{Key: "full", Limit: 1, Window: time.Hour}
	other := ratelimit.Budget{Key: "other", Limit: 2, Window: time.Hour}
	consume(t, db, noon, full)
	for range 5 {
		if wait := consume(t, db, noon, other, full); wait != time.Hour {
			t.Fatalf("wait %v, want 1h", wait)
		}
	}
	for range 2 {
		if wait := consume(t, db, noon, other); wait != 0 {
			t.Errorf("a refused attempt was counted: wait %v", wait)
		}
	}
}

var exactRounds = flag.Int("rounds", 4, "rounds of TestConsumeIsExact")

// 200 attempts at the same moment, over many connections: exactly as many
// succeed as the budget allows.
func TestConsumeIsExact(t *testing.T) {
	t.Parallel()
	var pools []*postgres.DB // each like an instance
	for range 16 {
		db, err := postgres.Open(t.Context(), postgrestest.FunctionsURL(t))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		pools = append(pools, db)
	}
	for round := range *exactRounds {
		budgets := []ratelimit.Budget{
			{Key: fmt.Sprint("window ", round), Limit: 5, Window: time.Hour},
			{Key: fmt.Sprint("backoff ", round), Limit: 100, Consecutive: true},
			{Key: "everyone", Limit: 1_000_000, Window: time.Hour},
		}
		var granted atomic.Int32
		var group sync.WaitGroup
		for _, db := range pools {
			for range 50 {
				now := noon.Add(-time.Duration(rand.IntN(100)) * time.Millisecond) // no two clocks are the same
				group.Go(func() {
					if attempt, err := db.Consume(t.Context(), budgets, now); err != nil {
						t.Error(err)
					} else if attempt.Wait == 0 {
						granted.Add(1)
					}
				})
			}
		}
		group.Wait()
		if granted.Load() != 5 {
			t.Fatalf("round %d: %d granted, want 5", round, granted.Load())
		}
	}
}

// An attempt can pass the rows that it finds and then be refused by a row that
// another attempt inserts at that moment. Such an attempt counts nowhere.
func TestConsumeAllOrNoneAtTheSameMoment(t *testing.T) {
	t.Parallel()
	db, pool := postgrestest.Open(t), postgrestest.Pool(t)
	for round := range 20 {
		scarce := ratelimit.Budget{Key: fmt.Sprint("scarce ", round), Limit: 2, Window: time.Hour}
		plenty := ratelimit.Budget{Key: fmt.Sprint("plenty ", round), Limit: 1000, Window: time.Hour}
		var group sync.WaitGroup
		for range 40 {
			group.Go(func() {
				if _, err := db.Consume(t.Context(), []ratelimit.Budget{scarce, plenty}, noon); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, b := range []ratelimit.Budget{scarce, plenty} {
			key := sha256.Sum256([]byte(b.Key))
			var taken int
			if err := pool.QueryRow(t.Context(), "select taken from limits where key = $1", key[:]).Scan(&taken); err != nil {
				t.Fatal(err)
			}
			if taken != 2 {
				t.Errorf("%s: %d taken, want 2", b.Key, taken)
			}
		}
	}
}

// A successful login deletes counters that other attempts use at the same moment, and
// insert anew. All of them lock rows, and none may wait for one that waits for it: the
// server would break that with an error after 200 ms, and a right password be answered
// 503.
func TestConsumeWhileLoginsClear(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	budgets := []ratelimit.Budget{{Key: "everyone", Limit: 1_000_000, Window: time.Hour}}
	for i := range 12 { // so many that the order is not right by chance
		key := fmt.Sprint("budget ", i)
		budgets = append(budgets, ratelimit.Budget{Key: key, Limit: 1_000_000, Window: time.Hour})
	}
	consumes := func() error {
		attempt, err := db.Consume(t.Context(), budgets, noon)
		if attempt.Wait > 0 {
			t.Error(attempt)
		}
		return err
	}
	logsIn := func() error {
		login := loginOf(u, noon)
		login.Clear = budgets[1:]
		ok, err := db.RecordLogin(t.Context(), login, audit.Event{Actions: []audit.Action{audit.ActionLogin}, At: noon})
		if !ok {
			t.Error("the login is not recorded")
		}
		return err
	}
	fails := func() error { return db.RecordFailure(t.Context(), budgets[1:], event) }
	clears := func() error { return db.ClearLimits(t.Context(), budgets[6:]) }
	var group sync.WaitGroup
	for _, step := range []func() error{consumes, consumes, logsIn, consumes, consumes, consumes, logsIn, consumes, fails, clears} {
		group.Go(func() {
			for range 100 {
				if err := step(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// An attempt does not wait for the disk, and everything else does.
func TestOnlyAnAttemptIsNotFlushed(t *testing.T) {
	t.Parallel()
	const flushes = `do $$ begin execute format('alter database %I set synchronous_commit = on', current_database()); end $$`
	if _, err := postgrestest.Pool(t).Exec(t.Context(), flushes); err != nil { // the test's server does not, otherwise
		t.Fatal(err)
	}
	db := openURL(t, postgrestest.FunctionsURL(t), postgres.Options{}) // one connection
	budget := ratelimit.Budget{Key: "somebody", Limit: 5, Window: time.Hour}
	for range 7 { // five that are granted and two that are refused
		consume(t, db, noon, budget)
		if got, err := db.Setting(t.Context(), "synchronous_commit"); err != nil || got != "on" {
			t.Fatalf("after an attempt, synchronous_commit is %q, %v", got, err)
		}
	}
}
