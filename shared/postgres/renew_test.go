package postgres_test

import (
	"flag"
	"slices"
	"sync"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/credential/refresh"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

var (
	refreshKeys = refresh.New([]byte("0123456789abcdef0123456789abcdef"))
	refreshes   = flag.Int("refreshes", 100, "rounds of the tests that use refresh tokens at the same moment")
)

// logIn begins a session of the account and returns its first refresh token.
func logIn(t testing.TB, db *postgres.DB, u user.User, at time.Time) refresh.Token {
	t.Helper()
	l := loginOf(u, at)
	first := refreshKeys.First(l.Session.ID)
	l.RefreshHash = first.Hash()
	if ok, err := db.RecordLogin(t.Context(), l, event); !ok || err != nil {
		t.Fatal(ok, err)
	}
	return first
}

func renew(t testing.TB, db *postgres.DB, token refresh.Token, at time.Time) user.RenewalOutcome {
	t.Helper()
	verdict, _, err := db.Renew(t.Context(), renewalOf(token, at), event)
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

func TestRenew(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	start := time.Now()
	after := func(d time.Duration) time.Time { return start.Add(d) }
	type use struct {
		generation int // which token of the session
		at         time.Duration
		want       user.RenewalOutcome
	}
	for name, uses := range map[string][]use{
		"one after the other":             {{1, 0, user.SessionRenewed}, {2, time.Minute, user.SessionRenewed}, {3, time.Hour, user.SessionRenewed}},
		"again within the grace":          {{1, 0, user.SessionRenewed}, {1, 9 * time.Second, user.SessionRenewed}, {2, time.Minute, user.SessionRenewed}},
		"again after the grace":           {{1, 0, user.SessionRenewed}, {1, 10 * time.Second, user.TokenReused}, {2, time.Minute, user.SessionOver}},
		"again once the child was used":   {{1, 0, user.SessionRenewed}, {2, time.Second, user.SessionRenewed}, {1, 2 * time.Second, user.TokenReused}, {3, 3 * time.Second, user.SessionOver}},
		"a grandparent":                   {{1, 0, user.SessionRenewed}, {2, 0, user.SessionRenewed}, {3, 0, user.SessionRenewed}, {1, 0, user.TokenReused}, {4, 0, user.SessionOver}},
		"a grace begins at the first use": {{1, 0, user.SessionRenewed}, {1, 9 * time.Second, user.SessionRenewed}, {1, 11 * time.Second, user.TokenReused}},
		"a future token":                  {{2, 0, user.SessionOver}, {1, 0, user.SessionRenewed}},
		"a token of the far future":       {{7, 0, user.SessionOver}, {1, 0, user.SessionRenewed}, {2, 0, user.SessionRenewed}},
		"a reused token, again":           {{1, 0, user.SessionRenewed}, {1, time.Minute, user.TokenReused}, {1, time.Minute, user.SessionOver}},
	} {
		t.Run(name, func(t *testing.T) {
			u := create(t, db, account("u"+usernameFor(name)))
			line := []refresh.Token{{}, logIn(t, db, u, start)}
			for range 8 {
				line = append(line, refreshKeys.Child(line[len(line)-1]))
			}
			for i, use := range uses {
				if got := renew(t, db, line[use.generation], after(use.at)); got != use.want {
					t.Fatalf("use %d, of token %d after %v: %v, want %v", i+1, use.generation, use.at, got, use.want)
				}
			}
		})
	}
}

// REFRESH_GRACE_SECONDS=0: a used token is never good again.
func TestWithoutAGraceNothingIsRepeated(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	first := logIn(t, db, create(t, db, account("ann")), time.Now())
	r := renewalOf(first, time.Now())
	r.Grace = 0
	for i, want := range []user.RenewalOutcome{user.SessionRenewed, user.TokenReused, user.SessionOver} {
		if got, _, err := db.Renew(t.Context(), r, event); got != want || err != nil {
			t.Errorf("use %d: %v, %v", i+1, got, err)
		}
	}
}

// usernameFor returns a username for a test case.
func usernameFor(s string) string {
	var sum int
	for _, r := range s {
		sum = (sum*31 + int(r)) % 1_000_000_007
	}
	return string([]byte{byte('a' + sum%26), byte('a' + sum/26%26), byte('a' + sum/676%26), byte('a' + sum/17576%26), byte('a' + sum/456976%26)})
}

// A token of the right generation with another hash, such as one from before a
// restore of the database, renews nothing.
func TestRenewChecksTheHash(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	token := logIn(t, db, u, time.Now())
	if got := renew(t, db, refreshKeys.First(token.Session), time.Now()); got != user.SessionOver {
		t.Errorf("another first token of the session: %v", got)
	}
	if got := renew(t, db, token, time.Now()); got != user.SessionRenewed {
		t.Errorf("the first token of the session: %v", got)
	}
}

func TestRenewOnlyWhatIsAlive(t *testing.T) {
	t.Parallel()
	db, pool := postgrestest.Open(t), postgrestest.Pool(t)
	for name, sql := range map[string]string{
		"idle for too long":      "update sessions set idle_ends_at = now() where id = $1",
		"at its end":             "update sessions set ends_at = now() where id = $1",
		"after a reset":          "update users set token_version = token_version + 1 where id = (select user_id from sessions where id = $1)",
		"of an inactive account": "update users set active = false where id = (select user_id from sessions where id = $1)",
		"of a deleted account":   "delete from users where id = (select user_id from sessions where id = $1)",
		"ended":                  "delete from sessions where id = $1",
	} {
		u := create(t, db, account("u"+usernameFor(name)))
		token := logIn(t, db, u, time.Now())
		if _, err := pool.Exec(t.Context(), sql, token.Session); err != nil {
			t.Fatal(err)
		}
		if got := renew(t, db, token, time.Now()); got != user.SessionOver {
			t.Errorf("%s: %v", name, got)
		}
		if name == "idle for too long" || name == "at its end" || name == "after a reset" || name == "ended" {
			caller := request.Caller{UUID: u.UUID, Session: token.Session, TokenVersion: find(t, db, u.Username).TokenVersion}
			if self, _, err := db.CallerAndTarget(t.Context(), caller, u.Username); self != nil || err != nil {
				t.Errorf("%s: the access token is still valid for %+v, %v", name, self, err)
			}
		}
	}
}

// A refresh moves the idle end, but never beyond the end of the session.
func TestRenewMovesTheIdleEnd(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	start := time.Now().UTC().Truncate(time.Microsecond)
	u := create(t, db, account("ann"))
	token := logIn(t, db, u, start)
	for _, c := range []struct{ at, want time.Duration }{{24 * time.Hour, 8 * 24 * time.Hour}, {25 * 24 * time.Hour, 30 * 24 * time.Hour}} {
		renew(t, db, token, start.Add(c.at))
		token = refreshKeys.Child(token)
		all, err := db.Sessions(t.Context(), u.UUID)
		if err != nil || len(all) != 1 || !all[0].IdleEndsAt.Equal(start.Add(c.want)) || !all[0].LastUsedAt.Equal(start.Add(c.at)) {
			t.Errorf("after %v: %+v, %v", c.at, all, err)
		}
	}
}

// Twenty clients with one token get the same child, and nobody is logged out.
func TestRenewAtOnce(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	token := logIn(t, db, create(t, db, account("ann")), time.Now())
	for round := range *refreshes {
		var group sync.WaitGroup
		verdicts := make([]user.RenewalOutcome, 20)
		for i := range verdicts {
			group.Go(func() { verdicts[i] = renew(t, db, token, time.Now()) })
		}
		group.Wait()
		if slices.ContainsFunc(verdicts, func(v user.RenewalOutcome) bool { return v != user.SessionRenewed }) {
			t.Fatalf("round %d: %v", round, verdicts)
		}
		token = refreshKeys.Child(token) // each client got this one
	}
	if got := renew(t, db, token, time.Now()); got != user.SessionRenewed {
		t.Errorf("after all rounds: %v", got)
	}
}

// When a token and the one two generations before it are used at the same
// moment, the session ends, whichever comes first.
func TestReuseEndsTheSession(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	for round := range *refreshes {
		first := logIn(t, db, u, time.Now())
		second := refreshKeys.Child(first)
		third := refreshKeys.Child(second)
		renew(t, db, first, time.Now())
		renew(t, db, second, time.Now())
		var old user.RenewalOutcome
		var group sync.WaitGroup
		group.Go(func() { old = renew(t, db, first, time.Now()) })
		group.Go(func() { renew(t, db, third, time.Now()) })
		group.Wait()
		if old != user.TokenReused {
			t.Fatalf("round %d: the old token: %v", round, old)
		}
		for _, token := range []refresh.Token{third, refreshKeys.Child(third)} {
			if got := renew(t, db, token, time.Now()); got != user.SessionOver {
				t.Fatalf("round %d: token %d gets %v", round, token.Generation, got)
			}
		}
	}
}

func BenchmarkRenew(b *testing.B) {
	db := postgrestest.Open(b)
	token := logIn(b, db, create(b, db, account("ann")), time.Now())
	for b.Loop() {
		if renew(b, db, token, time.Now()) != user.SessionRenewed {
			b.Fatal("not renewed")
		}
		token = refreshKeys.Child(token)
	}
}
