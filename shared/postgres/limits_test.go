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

func takeOne(t *testing.T, db *postgres.DB, now time.Time, budgets ...ratelimit.Budget) time.Duration {
	t.Helper()
	try, err := db.Consume(t.Context(), budgets, now)
	if err != nil {
		t.Fatal(err)
	}
	return try.Wait
}

func TestTakeWindow(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	b := ratelimit.Budget{Key: "window", Limit: 3, Window: time.Minute}
	for i := range 3 {
		if wait := takeOne(t, db, noon.Add(time.Duration(i)*time.Second), b); wait != 0 {
			t.Fatalf("try %d of 3 waits %v", i+1, wait)
		}
	}
	// Refused tries neither count nor move the window.
	for _, after := range []time.Duration{2 * time.Second, 30 * time.Second, 59 * time.Second} {
		if wait, want := takeOne(t, db, noon.Add(after), b), time.Minute-after; wait != want {
			t.Errorf("after %v: wait %v, want %v", after, wait, want)
		}
	}
	if wait := takeOne(t, db, noon.Add(time.Minute), b); wait != 0 {
		t.Errorf("in the next window: wait %v", wait)
	}
}

func TestTakeBackoff(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	b := ratelimit.Budget{Key: "backoff", Limit: 100, Consecutive: true}
	now := noon
	for i := 1; i <= 100; i++ {
		if wait := takeOne(t, db, now, b); wait != 0 {
			t.Fatalf("try %d at %v waits %v", i, now.Sub(noon), wait)
		}
		want := time.Duration(0)
		if i >= 5 {
			want = min(15*time.Minute, time.Second<<min(i-5, 20))
		}
		if i == 100 {
			break
		}
		if want > 0 {
			if wait := takeOne(t, db, now.Add(want-time.Second), b); wait != time.Second {
				t.Fatalf("after try %d: wait %v a second before the end of %v", i, wait, want)
			}
		}
		now = now.Add(want)
	}
	if wait := takeOne(t, db, now.Add(30*24*time.Hour), b); wait < time.Hour {
		t.Errorf("a month after 100 tries in a row: wait %v, want no more tries", wait)
	}
}

func TestTakeBackoffBeginsAnewAfterQuiet(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	b := ratelimit.Budget{Key: "quiet", Limit: 7, Consecutive: true}
	for range 5 {
		takeOne(t, db, noon, b)
	}
	if wait := takeOne(t, db, noon, b); wait != time.Second {
		t.Fatalf("wait %v, want 1s", wait)
	}
	later := noon.Add(15*time.Minute + time.Second)
	for i := range 2 {
		if wait := takeOne(t, db, later, b); wait != 0 {
			t.Errorf("quiet try %d waits %v", i+1, wait)
		}
	}
	if wait := takeOne(t, db, later, b); wait < time.Hour {
		t.Errorf("the eighth try in a row of seven: wait %v", wait)
	}
}

// The try after which there is a wait is told apart, once, so that the log can
// say when each wait began.
func TestTakeTellsTheLast(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	window := ratelimit.Budget{Key: "window", Limit: 3, Window: time.Minute}
	backoff := ratelimit.Budget{Key: "backoff", Limit: 100, Consecutive: true}
	for _, c := range []struct {
		budget ratelimit.Budget
		want   []bool // of each try; those that are refused are not the last
	}{
		{window, []bool{false, false, true, false, false}},
		{backoff, []bool{false, false, false, false, true, false, false}},
	} {
		for i, want := range c.want {
			try, err := db.Consume(t.Context(), []ratelimit.Budget{{Key: "everyone", Limit: 1000, Window: time.Hour}, c.budget}, noon)
			if err != nil || try.Last != want {
				t.Errorf("%s, try %d: last %v, error %v", c.budget.Key, i+1, try.Last, err)
			}
		}
	}
	if try, err := db.Consume(t.Context(), []ratelimit.Budget{backoff}, noon.Add(time.Second)); err != nil || !try.Last || try.Wait > 0 {
		t.Errorf("the sixth after its wait: %+v, %v", try, err)
	}
}

func TestTakeAllOrNone(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	full := ratelimit.Budget{Key: "full", Limit: 1, Window: time.Hour}
	other := ratelimit.Budget{Key: "other", Limit: 2, Window: time.Hour}
	takeOne(t, db, noon, full)
	for range 5 {
		if wait := takeOne(t, db, noon, other, full); wait != time.Hour {
			t.Fatalf("wait %v, want 1h", wait)
		}
	}
	for range 2 {
		if wait := takeOne(t, db, noon, other); wait != 0 {
			t.Errorf("a refused try has counted: wait %v", wait)
		}
	}
}

var exactness = flag.Int("rounds", 50, "rounds of TestTakeIsExact")

// TestTakeIsExact has 200 take at once, from many connections.
func TestTakeIsExact(t *testing.T) {
	t.Parallel()
	var pools []*postgres.DB // as many instances have
	for range 16 {
		db, err := postgres.Open(t.Context(), postgrestest.FunctionsURL(t))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		pools = append(pools, db)
	}
	for round := range *exactness {
		budgets := []ratelimit.Budget{
			{Key: fmt.Sprint("window ", round), Limit: 5, Window: time.Hour},
			{Key: fmt.Sprint("backoff ", round), Limit: 100, Consecutive: true},
			{Key: "everyone", Limit: 1_000_000, Window: time.Hour},
		}
		var granted atomic.Int32
		var group sync.WaitGroup
		for _, db := range pools {
			for range 50 {
				now := noon.Add(-time.Duration(rand.IntN(100)) * time.Millisecond) // no two clocks are alike
				group.Go(func() {
					if try, err := db.Consume(t.Context(), budgets, now); err != nil {
						t.Error(err)
					} else if try.Wait == 0 {
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

// A try that is let through by the rows it finds and refused by those that
// another one makes at that moment has counted nothing in the end.
func TestTakeAllOrNoneAtOnce(t *testing.T) {
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

// Logins that succeed give back what others take at the same moment. Both lock
// rows; neither may wait for the other until one is refused for it.
func TestTakeAndGiveBack(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	budgets := []ratelimit.Budget{{Key: "everyone", Limit: 1_000_000, Window: time.Hour}}
	var keys []string
	for i := range 12 { // so many that no order is right by chance
		key := fmt.Sprint("budget ", i)
		keys = append(keys, key)
		budgets = append(budgets, ratelimit.Budget{Key: key, Limit: 1_000_000, Window: time.Hour})
	}
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for range 100 {
				if i%2 == 0 {
					if try, err := db.Consume(t.Context(), budgets, noon); try.Wait > 0 || err != nil {
						t.Error(try, err)
					}
					continue
				}
				login := loginOf(u, noon)
				login.Clear = keys
				if ok, err := db.RecordLogin(t.Context(), login, audit.Event{Actions: []audit.Action{audit.ActionLogin}, At: noon}); err != nil || !ok {
					t.Error(ok, err)
				}
			}
		})
	}
	group.Wait()
}
