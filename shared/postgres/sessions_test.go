package postgres_test

import (
	"flag"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roster/localdev/postgrestest"
	"roster/shared/credential/refresh"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

var (
	refreshKeys = refresh.New([]byte("0123456789abcdef0123456789abcdef"))
	refreshes   = flag.Int("refreshes", 30, "rounds of the tests of refresh tokens at once")
)

// begin logs the account in and returns its first refresh token.
func begin(t testing.TB, db *postgres.DB, u user.User, at time.Time) refresh.Token {
	t.Helper()
	l := loginOf(u, at)
	first := refreshKeys.First(l.Session.ID)
	l.RefreshHash = first.Hash()
	if ok, err := db.RecordLogin(t.Context(), l, event); !ok || err != nil {
		t.Fatal(ok, err)
	}
	return first
}

func renew(t testing.TB, db *postgres.DB, token refresh.Token, at time.Time) user.Verdict {
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
		generation int // which token of the line
		at         time.Duration
		want       user.Verdict
	}
	for name, uses := range map[string][]use{
		"one after the other":            {{1, 0, user.SessionRenewed}, {2, time.Minute, user.SessionRenewed}, {3, time.Hour, user.SessionRenewed}},
		"again within the grace":         {{1, 0, user.SessionRenewed}, {1, 9 * time.Second, user.SessionRenewed}, {2, time.Minute, user.SessionRenewed}},
		"again after the grace":          {{1, 0, user.SessionRenewed}, {1, 10 * time.Second, user.TokenReused}, {2, time.Minute, user.SessionOver}},
		"again once the child was used":  {{1, 0, user.SessionRenewed}, {2, time.Second, user.SessionRenewed}, {1, 2 * time.Second, user.TokenReused}, {3, 3 * time.Second, user.SessionOver}},
		"a grandparent":                  {{1, 0, user.SessionRenewed}, {2, 0, user.SessionRenewed}, {3, 0, user.SessionRenewed}, {1, 0, user.TokenReused}, {4, 0, user.SessionOver}},
		"a grace begins at the first":    {{1, 0, user.SessionRenewed}, {1, 9 * time.Second, user.SessionRenewed}, {1, 11 * time.Second, user.TokenReused}},
		"one that is to come":            {{2, 0, user.SessionOver}, {1, 0, user.SessionRenewed}},
		"one that is far to come":        {{7, 0, user.SessionOver}, {1, 0, user.SessionRenewed}, {2, 0, user.SessionRenewed}},
		"a reused one is spent for good": {{1, 0, user.SessionRenewed}, {1, time.Minute, user.TokenReused}, {1, time.Minute, user.SessionOver}},
	} {
		t.Run(name, func(t *testing.T) {
			u := create(t, db, account("u"+postgrestestName(name)))
			line := []refresh.Token{{}, begin(t, db, u, start)}
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

// postgrestestName makes a username of a test's name.
func postgrestestName(s string) string {
	var sum int
	for _, r := range s {
		sum = (sum*31 + int(r)) % 1_000_000_007
	}
	return string([]byte{byte('a' + sum%26), byte('a' + sum/26%26), byte('a' + sum/676%26), byte('a' + sum/17576%26), byte('a' + sum/456976%26)})
}

// A token of the right generation that is not the one (of a backup that was
// restored, say) renews nothing.
func TestRenewAsksForTheHash(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	token := begin(t, db, u, time.Now())
	if got := renew(t, db, refreshKeys.First(token.Session), time.Now()); got != user.SessionOver {
		t.Errorf("another first token of the session: %v", got)
	}
	if got := renew(t, db, token, time.Now()); got != user.SessionRenewed {
		t.Errorf("its own: %v", got)
	}
}

func TestRenewOnlyWhatIsAlive(t *testing.T) {
	t.Parallel()
	db, pool := postgrestest.Open(t), postgrestest.Pool(t)
	for name, sql := range map[string]string{
		"idle for too long":  "update sessions set idle_ends_at = now() where id = $1",
		"at its end":         "update sessions set ends_at = now() where id = $1",
		"after a reset":      "update users set token_version = token_version + 1 where id = (select user_id from sessions where id = $1)",
		"of an inactive one": "update users set active = false where id = (select user_id from sessions where id = $1)",
		"of a deleted one":   "delete from users where id = (select user_id from sessions where id = $1)",
		"ended":              "delete from sessions where id = $1",
	} {
		u := create(t, db, account("u"+postgrestestName(name)))
		token := begin(t, db, u, time.Now())
		if _, err := pool.Exec(t.Context(), sql, token.Session); err != nil {
			t.Fatal(err)
		}
		if got := renew(t, db, token, time.Now()); got != user.SessionOver {
			t.Errorf("%s: %v", name, got)
		}
		if name == "idle for too long" || name == "at its end" || name == "after a reset" || name == "ended" {
			caller := request.Caller{UUID: u.UUID, Session: token.Session, TokenVersion: find(t, db, u.Username).TokenVersion}
			if self, _, err := db.CallerAndTarget(t.Context(), caller, u.Username); self != nil || err != nil {
				t.Errorf("%s: the access token still speaks for %+v, %v", name, self, err)
			}
		}
	}
}

// A refresh moves the idle end, and never beyond the session's.
func TestRenewMovesTheIdleEnd(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	start := time.Now().UTC().Truncate(time.Microsecond)
	u := create(t, db, account("ann"))
	token := begin(t, db, u, start)
	for _, c := range []struct{ at, want time.Duration }{{24 * time.Hour, 8 * 24 * time.Hour}, {25 * 24 * time.Hour, 30 * 24 * time.Hour}} {
		renew(t, db, token, start.Add(c.at))
		token = refreshKeys.Child(token)
		all, err := db.Sessions(t.Context(), u.UUID)
		if err != nil || len(all) != 1 || !all[0].IdleEndsAt.Equal(start.Add(c.want)) || !all[0].LastUsedAt.Equal(start.Add(c.at)) {
			t.Errorf("after %v: %+v, %v", c.at, all, err)
		}
	}
}

// Twenty clients with one token get one child, and nobody is logged out.
func TestRenewAtOnce(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	token := begin(t, db, create(t, db, account("ann")), time.Now())
	for round := range *refreshes {
		var group sync.WaitGroup
		verdicts := make([]user.Verdict, 20)
		for i := range verdicts {
			group.Go(func() { verdicts[i] = renew(t, db, token, time.Now()) })
		}
		group.Wait()
		if slices.ContainsFunc(verdicts, func(v user.Verdict) bool { return v != user.SessionRenewed }) {
			t.Fatalf("round %d: %v", round, verdicts)
		}
		token = refreshKeys.Child(token) // each was answered this one
	}
	if got := renew(t, db, token, time.Now()); got != user.SessionRenewed {
		t.Errorf("after all rounds: %v", got)
	}
}

// Of a token and the one before the one before it, at once, at most one is
// answered, and then the session is over: whoever came second ended it.
func TestReuseEndsTheSession(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	for round := range *refreshes {
		first := begin(t, db, u, time.Now())
		second := refreshKeys.Child(first)
		third := refreshKeys.Child(second)
		renew(t, db, first, time.Now())
		renew(t, db, second, time.Now())
		var old user.Verdict
		var group sync.WaitGroup
		group.Go(func() { old = renew(t, db, first, time.Now()) })
		group.Go(func() { renew(t, db, third, time.Now()) })
		group.Wait()
		if old != user.TokenReused {
			t.Fatalf("round %d: the old token: %v", round, old)
		}
		for _, token := range []refresh.Token{third, refreshKeys.Child(third)} {
			if got := renew(t, db, token, time.Now()); got != user.SessionOver {
				t.Fatalf("round %d: token %d is answered %v", round, token.Generation, got)
			}
		}
	}
}

func TestSessionsOfAnAccount(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u, other := create(t, db, account("ann")), create(t, db, account("ben"))
	start := time.Now().UTC().Truncate(time.Microsecond)
	begin(t, db, other, start)
	var want []user.Session
	for i := range 25 {
		at := start.Add(time.Duration(i-60) * time.Minute)
		l := loginOf(u, at)
		l.Session.DeviceName, l.Session.UserAgent = "Ann's phone", "curl"
		if i%2 == 0 {
			l.Session.Address = netip.MustParseAddr("2001:db8::1")
		}
		if ok, err := db.RecordLogin(t.Context(), l, event); !ok || err != nil {
			t.Fatal(ok, err)
		}
		want = append([]user.Session{l.Session}, want...)
	}
	got, err := db.Sessions(t.Context(), u.UUID)
	if err != nil {
		t.Fatal(err)
	}
	// At most twenty: those that were unused for longest are gone.
	if diff := cmp.Diff(want[:20], got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	if got, err := db.Sessions(t.Context(), other.UUID); err != nil || len(got) != 1 {
		t.Errorf("the other's: %+v, %v", got, err)
	}
}

func TestEndOwnSessions(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	for scope, want := range map[user.LogoutScope][]bool{ // this, another, of another account
		user.ScopeThis: {false, true, true}, user.ScopeOthers: {true, false, true}, user.ScopeAll: {false, false, true},
	} {
		u, other := create(t, db, account("ann-"+string(scope))), create(t, db, account("ben-"+string(scope)))
		callers := []request.Caller{callerOf(t, u), callerOf(t, u), callerOf(t, other)}
		stranger := request.Caller{UUID: other.UUID, Session: callers[0].Session, TokenVersion: 1}
		if ok, err := db.EndOwnSessions(t.Context(), stranger, scope, event); ok || err != nil {
			t.Errorf("%s: with another's session: %v, %v", scope, ok, err)
		}
		if ok, err := db.EndOwnSessions(t.Context(), callers[0], scope, event); !ok || err != nil {
			t.Errorf("%s: %v, %v", scope, ok, err)
		}
		for i, c := range callers {
			self, _, err := db.CallerAndTarget(t.Context(), c, "")
			if alive := self != nil; alive != want[i] || err != nil {
				t.Errorf("%s: session %d is alive: %v; %v", scope, i, alive, err)
			}
		}
		if ok, _ := db.EndOwnSessions(t.Context(), callers[0], scope, event); ok != want[0] {
			t.Errorf("%s, again: %v", scope, ok)
		}
	}
}

func TestEndSession(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	boss, u, other := create(t, db, adminAccount("boss")), create(t, db, account("ann")), create(t, db, account("ben"))
	mine, others := callerOf(t, u), callerOf(t, other)
	for _, c := range []struct {
		name  string
		guard user.Guard
		id    string
		want  user.Outcome
	}{
		{"another account's", over(t, u, u), others.Session, user.Outcome{}},
		{"nobody's", over(t, u, u), account("x").UUID, user.Outcome{}},
		{"one's own", over(t, u, u), mine.Session, user.Outcome{Done: true}},
		{"again", over(t, u, u), mine.Session, user.Outcome{}},
		{"as an admin that is none", user.Guard{Caller: callerOf(t, u), AsAdmin: true, TargetUUID: other.UUID, Username: "ben"}, others.Session, user.Outcome{CallerRefused: true}},
		{"by a caller that has logged out", user.Guard{Caller: mine, TargetUUID: u.UUID, Username: "ann"}, mine.Session, user.Outcome{CallerRefused: true}},
		{"as ADMIN", over(t, boss, other), others.Session, user.Outcome{Done: true}},
	} {
		if got, err := db.EndSession(t.Context(), c.guard, c.id, event); got != c.want || err != nil {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
}

// A change of the password ends every session but the one that is to stay; a
// demotion ends access tokens alone.
func TestChangesEndSessions(t *testing.T) {
	t.Parallel()
	whole, db := t, postgrestest.Open(t)
	for name, c := range map[string]struct {
		edit              user.Edit
		keep              bool
		mine, other       bool // alive, with a token of the new version
		outdated, renewed bool // the old token is honoured; a refresh goes on
	}{
		"names":                        {edit: user.Edit{}, mine: true, other: true, outdated: true, renewed: true},
		"tokens":                       {edit: user.Edit{EndTokens: true}, mine: true, other: true, renewed: true},
		"tokens and sessions":          {edit: user.Edit{EndTokens: true, EndSessions: true}},
		"tokens and the other session": {edit: user.Edit{EndTokens: true, EndSessions: true}, keep: true, mine: true, renewed: true},
	} {
		t.Run(name, func(t *testing.T) {
			u := create(t, db, account("u"+postgrestestName(name)))
			token := begin(t, db, u, time.Now())
			mine, other := request.Caller{UUID: u.UUID, Session: token.Session, TokenVersion: 1}, callerOf(whole, u)
			if c.keep {
				c.edit.KeepSession = mine.Session
			}
			c.edit.At = time.Now()
			if o, err := db.UpdateUser(t.Context(), user.Guard{Caller: mine, TargetUUID: u.UUID, Username: u.Username}, c.edit, event); !o.Done || err != nil {
				t.Fatal(o, err)
			}
			version := find(t, db, u.Username).TokenVersion
			for what, s := range map[string]struct {
				caller request.Caller
				want   bool
			}{"mine": {mine, c.mine}, "the other": {other, c.other}} {
				s.caller.TokenVersion = version
				self, _, err := db.CallerAndTarget(t.Context(), s.caller, "")
				if (self != nil) != s.want || err != nil {
					t.Errorf("%s: %v, %v", what, self, err)
				}
			}
			if o, err := db.EndSession(t.Context(), user.Guard{Caller: mine, TargetUUID: u.UUID, Username: u.Username}, account("x").UUID, event); o.CallerRefused == c.outdated || err != nil {
				t.Errorf("the old token: %+v, %v", o, err)
			}
			if got := renew(t, db, token, time.Now()); (got == user.SessionRenewed) != c.renewed {
				t.Errorf("a refresh: %v", got)
			}
		})
	}
}

// A login that ran beside a change of the password leaves a session of the old
// version, which that change did not see. A demotion does not wake it.
func TestDemotionWakesNoSession(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	boss, u := create(t, db, adminAccount("boss")), create(t, db, account("ann"))
	if o, err := db.UpdateUser(t.Context(), over(t, boss, u), user.Edit{At: now, EndTokens: true, EndSessions: true}, event); !o.Done || err != nil {
		t.Fatal(o, err)
	}
	dead, living := postgrestest.Session(t, u.UUID, 1), postgrestest.Session(t, u.UUID, 2)
	if o, err := db.UpdateUser(t.Context(), over(t, boss, u), user.Edit{At: now, EndTokens: true}, event); !o.Done || err != nil {
		t.Fatal(o, err)
	}
	for id, want := range map[string]bool{dead: false, living: true} {
		self, _, err := db.CallerAndTarget(t.Context(), request.Caller{UUID: u.UUID, Session: id, TokenVersion: 3}, "")
		if (self != nil) != want || err != nil {
			t.Errorf("alive: %v, want %v; %v", self != nil, want, err)
		}
	}
}

func TestTidyEndsSessions(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	begin(t, db, u, time.Now().Add(-31*24*time.Hour)) // at its end
	begin(t, db, u, time.Now().Add(-8*24*time.Hour))  // idle
	alive := begin(t, db, u, time.Now())
	postgrestest.Session(t, u.UUID, 0) // of before a reset
	got, err := db.PurgeExpired(t.Context(), time.Now(), time.Now(), time.Now(), 100)
	if err != nil || got.Sessions != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	if got := renew(t, db, alive, time.Now()); got != user.SessionRenewed {
		t.Errorf("the one that is alive: %v", got)
	}
}

func BenchmarkRenew(b *testing.B) {
	db := postgrestest.Open(b)
	token := begin(b, db, create(b, db, account("ann")), time.Now())
	for b.Loop() {
		if renew(b, db, token, time.Now()) != user.SessionRenewed {
			b.Fatal("not renewed")
		}
		token = refreshKeys.Child(token)
	}
}
