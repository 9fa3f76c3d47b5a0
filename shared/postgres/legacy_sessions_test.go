package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/directory"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

// imported stores an account as an import does: nobody knows when its password
// was set.
func imported(t *testing.T, db *postgres.DB, name string) user.User {
	t.Helper()
	u := account(name)
	u.PasswordChangedAt = nil
	return create(t, db, u)
}

func execute(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := postgrestest.Pool(t).Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func legacyOf(u user.User) directory.LegacyAccount {
	return directory.LegacyAccount{ID: u.ID, Username: u.Username, PasswordHash: u.PasswordHash}
}

func openLegacy(t *testing.T, db *postgres.DB, until time.Time, accounts ...directory.LegacyAccount) int {
	t.Helper()
	n, err := db.OpenLegacySessions(t.Context(), accounts, time.Now(), until)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func legacyCaller(t *testing.T, db *postgres.DB, id int64, name string) (request.Caller, bool) {
	t.Helper()
	c, ok, err := db.CallerOfLegacyToken(t.Context(), id, name)
	if err != nil {
		t.Fatal(err)
	}
	return c, ok
}

func TestALegacyTokenBelongsToASessionOfItsAccount(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	ann, ben := imported(t, db, "ann"), imported(t, db, "ben")
	until := time.Now().Add(time.Hour)
	if _, ok := legacyCaller(t, db, ann.ID, "ann"); ok {
		t.Error("a caller without a session")
	}
	if n := openLegacy(t, db, until, legacyOf(ann), legacyOf(ben)); n != 2 {
		t.Fatal(n)
	}
	c, ok := legacyCaller(t, db, ann.ID, "ann")
	if !ok || c.UUID != ann.UUID || c.TokenVersion != 1 || !c.WellFormed() {
		t.Fatalf("%+v, %v", c, ok)
	}
	if caller, _, err := db.CallerAndTarget(t.Context(), c, "ben"); err != nil || caller == nil || caller.Username != "ann" {
		t.Errorf("%+v, %v", caller, err)
	}
	for name, id := range map[string]int64{"ben": ann.ID, "ann": ben.ID, "eve": ann.ID} {
		if c, ok := legacyCaller(t, db, id, name); ok {
			t.Errorf("id %d with the name %s is %+v", id, name, c)
		}
	}
	if n := openLegacy(t, db, until, legacyOf(ann), legacyOf(ben)); n != 0 {
		t.Errorf("opened again: %d", n)
	}
}

// An account that Roster had before, or one that was used since, gets no session
// for the tokens of the other service.
func TestOnlyImportedAccountsGetALegacySession(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	until := time.Now().Add(time.Hour)
	for name, change := range map[string]func(u user.User) directory.LegacyAccount{
		"own":      func(u user.User) directory.LegacyAccount { return legacyOf(u) },
		"hash":     func(u user.User) directory.LegacyAccount { a := legacyOf(u); a.PasswordHash = "another"; return a },
		"username": func(u user.User) directory.LegacyAccount { a := legacyOf(u); a.Username = "another"; return a },
		"number":   func(u user.User) directory.LegacyAccount { a := legacyOf(u); a.ID += 1000; return a },
		"inactive": func(u user.User) directory.LegacyAccount {
			execute(t, `update users set active = false where id = $1`, u.ID)
			return legacyOf(u)
		},
		"version": func(u user.User) directory.LegacyAccount {
			execute(t, `update users set token_version = 2 where id = $1`, u.ID)
			return legacyOf(u)
		},
		"login": func(u user.User) directory.LegacyAccount {
			logIn(t, db, u, time.Now())
			execute(t, `delete from sessions where user_id = $1`, u.ID)
			return legacyOf(u)
		},
	} {
		u := account(name)
		if name != "own" { // which registered in Roster
			u.PasswordChangedAt = nil
		}
		if n := openLegacy(t, db, until, change(create(t, db, u))); n != 0 {
			t.Errorf("%s: %d sessions", name, n)
		}
	}
}

// Whatever ends the sessions of an account ends its legacy tokens, and a later
// import does not bring them back.
func TestWhatEndsALegacySession(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	admin := create(t, db, adminAccount("the-admin"))
	until := time.Now().Add(time.Hour)
	edit := func(u user.User, e user.Edit) {
		e.At = time.Now()
		g := guardOf(t, admin, u)
		if o, err := db.UpdateUser(t.Context(), g, e, event); err != nil || !o.Done {
			t.Errorf("%+v, %v", o, err)
		}
	}
	for name, end := range map[string]func(u user.User, c request.Caller){
		"password": func(u user.User, _ request.Caller) {
			edit(u, user.Edit{PasswordHash: ptr("new"), EndSessions: true, RevokeTokens: true})
		},
		"deactivation": func(u user.User, _ request.Caller) {
			edit(u, user.Edit{Active: ptr(false), EndSessions: true, RevokeTokens: true})
			edit(u, user.Edit{Active: ptr(true)})
		},
		"demotion": func(u user.User, _ request.Caller) { edit(u, user.Edit{Role: ptr(user.RoleUser), RevokeTokens: true}) },
		"rename":   func(u user.User, _ request.Caller) { edit(u, user.Edit{Username: ptr("renamed")}) },
		"everywhere": func(_ user.User, c request.Caller) {
			logout := audit.Event{At: time.Now(), Actions: []audit.Action{audit.ActionLogout}, Target: c.UUID}
			if ok, err := db.EndOwnSessions(t.Context(), c, user.ScopeAll, logout); err != nil || !ok {
				t.Error(ok, err)
			}
		},
		"one": func(u user.User, c request.Caller) {
			g := user.Guard{Caller: callerOf(t, admin), AsAdmin: true, TargetUUID: u.UUID, Username: u.Username}
			ended := audit.Event{At: time.Now(), Actions: []audit.Action{audit.ActionSessionEnded}, Target: u.UUID}
			if o, err := db.EndSession(t.Context(), g, c.Session, ended); err != nil || !o.Done {
				t.Errorf("%+v, %v", o, err)
			}
		},
		"deletion": func(u user.User, _ request.Caller) {
			if o, err := db.DeleteUser(t.Context(), guardOf(t, admin, u), nil, event); err != nil || !o.Done {
				t.Errorf("%+v, %v", o, err)
			}
			create(t, db, account(u.Username)) // somebody else takes the name
		},
		"time": func(u user.User, _ request.Caller) {
			execute(t, `update sessions set ends_at = now(), idle_ends_at = now() where user_id = $1`, u.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := imported(t, db, "of-"+name)
			if n := openLegacy(t, db, until, legacyOf(u)); n != 1 {
				t.Fatal(n)
			}
			c, ok := legacyCaller(t, db, u.ID, u.Username)
			if !ok {
				t.Fatal("no caller")
			}
			end(u, c)
			for range 2 {
				if c, ok := legacyCaller(t, db, u.ID, u.Username); ok {
					t.Errorf("still %+v", c)
				}
				if n := openLegacy(t, db, until, legacyOf(u)); n != 0 {
					t.Errorf("%d sessions again", n)
				}
			}
			if name == "rename" || name == "demotion" {
				return // the session goes on, and only the tokens end
			}
			if caller, _, err := db.CallerAndTarget(t.Context(), c, u.Username); err != nil || caller != nil {
				t.Errorf("the caller is still %+v, %v", caller, err)
			}
		})
	}
}

// No refresh token belongs to a legacy session, so nobody can renew it.
func TestALegacySessionCannotBeRenewed(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := imported(t, db, "ann")
	openLegacy(t, db, time.Now().Add(time.Hour), legacyOf(u))
	c, _ := legacyCaller(t, db, u.ID, "ann")
	for generation := range int64(3) {
		r := user.Renewal{Session: c.Session, Generation: generation, Hash: hashOf("guess"), Child: hashOf("child"), At: time.Now()}
		if outcome, _, err := db.Renew(t.Context(), r, event); err != nil || outcome == user.SessionRenewed || outcome == user.TokenReused {
			t.Errorf("generation %d: %v, %v", generation, outcome, err)
		}
	}
}

// Somebody who deleted the account, perhaps because the token was stolen, ended the
// token. A later run of the import makes the account anew, and not its session.
func TestALegacySessionDoesNotBeginAnewAfterADeletion(t *testing.T) {
	t.Parallel()
	db := openOwner(t)
	until := time.Now().Add(time.Hour)
	const row = `{"id":70,"uuid":"0b5d1e1c-93a4-8a3c-9f52-6a1f0c9d7e21","username":"ann","first_name":"A","last_name":"L","email":"ann@example.com","password_hash":"hash"}`
	ann := directory.LegacyAccount{ID: 70, Username: "ann", PasswordHash: "hash"}
	for run, want := range []int{1, 0} {
		if r, err := importLines(t, db, directory.Options{}, row); err != nil || r.Created != 1 {
			t.Fatalf("run %d: %+v, %v", run, r, err)
		}
		if n := openLegacy(t, db, until, ann); n != want {
			t.Errorf("run %d: %d sessions, want %d", run, n, want)
		}
		if c, ok := legacyCaller(t, db, ann.ID, ann.Username); ok != (want == 1) {
			t.Errorf("run %d: the token is that of %+v, %t", run, c, ok)
		}
		u := find(t, db, "ann")
		deleted := audit.Event{At: time.Now(), Actions: []audit.Action{audit.ActionDelete}, Target: u.UUID}
		g := user.Guard{Caller: callerOf(t, create(t, db, adminAccount(fmt.Sprintf("boss-%d", run)))), AsAdmin: true, TargetUUID: u.UUID, Username: u.Username, RemovesAdmin: true}
		if o, err := db.DeleteUser(t.Context(), g, nil, deleted); err != nil || !o.Done {
			t.Fatalf("%+v, %v", o, err)
		}
	}
}
