package postgres_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roster/localdev/postgrestest"
	"roster/shared/request"
	"roster/shared/user"
)

func TestSessionsOfAnAccount(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u, other := create(t, db, account("ann")), create(t, db, account("ben"))
	start := time.Now().UTC().Truncate(time.Microsecond)
	logIn(t, db, other, start)
	var want []user.Session
	for i := range 25 {
		at := start.Add(time.Duration(i-60) * time.Minute)
		l := loginOf(u, at)
		l.Session.DeviceName, l.Session.UserAgent = "Ann's phone", "curl"
		if i%2 == 0 {
			l.Session.Address = netip.MustParseAddr("2001:db8::1")
			l.Session.LastAddress = l.Session.Address
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
	// At most twenty: the sessions that were unused for longest have ended.
	if diff := cmp.Diff(want[:20], got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	if got, err := db.Sessions(t.Context(), other.UUID); err != nil || len(got) != 1 {
		t.Errorf("the other account: %+v, %v", got, err)
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
			t.Errorf("%s: with the session of another account: %v, %v", scope, ok, err)
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
		{"a session of another account", guardOf(t, u, u), others.Session, user.Outcome{}},
		{"no session", guardOf(t, u, u), account("x").UUID, user.Outcome{}},
		{"a session of the caller", guardOf(t, u, u), mine.Session, user.Outcome{Done: true}},
		{"again", guardOf(t, u, u), mine.Session, user.Outcome{}},
		{"a USER as ADMIN", user.Guard{Caller: callerOf(t, u), AsAdmin: true, TargetUUID: other.UUID, Username: "ben"}, others.Session, user.Outcome{CallerRefused: true}},
		{"a caller who has logged out", user.Guard{Caller: mine, TargetUUID: u.UUID, Username: "ann"}, mine.Session, user.Outcome{CallerRefused: true}},
		{"an ADMIN", guardOf(t, boss, other), others.Session, user.Outcome{Done: true}},
	} {
		if got, err := db.EndSession(t.Context(), c.guard, c.id, event); got != c.want || err != nil {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
}

// A change of the password ends every session but the one to keep. A demotion
// ends only the access tokens.
func TestChangesEndSessions(t *testing.T) {
	t.Parallel()
	parent, db := t, postgrestest.Open(t)
	for name, c := range map[string]struct {
		edit              user.Edit
		keep              bool
		mine, other       bool // alive, with a token of the new version
		oldToken, renewed bool // the old access token is accepted; a refresh succeeds
	}{
		"names":                        {edit: user.Edit{}, mine: true, other: true, oldToken: true, renewed: true},
		"tokens":                       {edit: user.Edit{RevokeTokens: true}, mine: true, other: true, renewed: true},
		"tokens and sessions":          {edit: user.Edit{RevokeTokens: true, EndSessions: true}},
		"tokens and the other session": {edit: user.Edit{RevokeTokens: true, EndSessions: true}, keep: true, mine: true, renewed: true},
	} {
		t.Run(name, func(t *testing.T) {
			u := create(t, db, account("u"+usernameFor(name)))
			token := logIn(t, db, u, time.Now())
			mine, other := request.Caller{UUID: u.UUID, Session: token.Session, TokenVersion: 1}, callerOf(parent, u)
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
			if o, err := db.EndSession(t.Context(), user.Guard{Caller: mine, TargetUUID: u.UUID, Username: u.Username}, account("x").UUID, event); o.CallerRefused == c.oldToken || err != nil {
				t.Errorf("the old token: %+v, %v", o, err)
			}
			if got := renew(t, db, token, time.Now()); (got == user.SessionRenewed) != c.renewed {
				t.Errorf("a refresh: %v", got)
			}
		})
	}
}

// A login during a change of the password can leave a session of the old version,
// which the change did not see. A later demotion must not make it valid.
func TestDemotionRevivesNoSession(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	boss, u := create(t, db, adminAccount("boss")), create(t, db, account("ann"))
	if o, err := db.UpdateUser(t.Context(), guardOf(t, boss, u), user.Edit{At: now, RevokeTokens: true, EndSessions: true}, event); !o.Done || err != nil {
		t.Fatal(o, err)
	}
	ended, alive := postgrestest.Session(t, u.UUID, 1), postgrestest.Session(t, u.UUID, 2)
	if o, err := db.UpdateUser(t.Context(), guardOf(t, boss, u), user.Edit{At: now, RevokeTokens: true}, event); !o.Done || err != nil {
		t.Fatal(o, err)
	}
	for id, want := range map[string]bool{ended: false, alive: true} {
		self, _, err := db.CallerAndTarget(t.Context(), request.Caller{UUID: u.UUID, Session: id, TokenVersion: 3}, "")
		if (self != nil) != want || err != nil {
			t.Errorf("alive: %v, want %v; %v", self != nil, want, err)
		}
	}
}

func TestPurgeSessions(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	logIn(t, db, u, time.Now().Add(-31*24*time.Hour)) // past its end
	logIn(t, db, u, time.Now().Add(-8*24*time.Hour))  // past its idle end
	alive := logIn(t, db, u, time.Now())
	postgrestest.Session(t, u.UUID, 0) // from before a reset
	if got, err := db.PurgeSessions(t.Context(), time.Now(), ""); err != nil || got.Rows != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	if got := renew(t, db, alive, time.Now()); got != user.SessionRenewed {
		t.Errorf("the session that is alive: %v", got)
	}
}
