package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

func bulkOf(ctx context.Context, db user.BulkUpdater, c request.Caller, changes ...user.BulkChange) error {
	results, err := user.UpdateMany(ctx, request.Request{Caller: c, At: now}, db, changes, nil)
	return errors.Join(append(results, err)...)
}

func bulkDemote(ctx context.Context, db *postgres.DB, c request.Caller, name string) error {
	return bulkOf(ctx, db, c, user.BulkChange{Username: name, Role: ptr(user.RoleUser)})
}

func bulkDelete(ctx context.Context, db *postgres.DB, c request.Caller, name string) error {
	return bulkOf(ctx, db, c, user.BulkChange{Username: name, Delete: ptr(true)})
}

// When every admin demotes all of them at the same moment, in as many orders, one
// stays, and what was answered is what has happened.
func TestRaceOfBulkChanges(t *testing.T) {
	t.Parallel()
	db := openMany(t)
	const admins = 8
	rounds(t, func(round int) {
		var callers []request.Caller
		var changes []user.BulkChange
		for i := range admins {
			u := create(t, db, adminAccount(fmt.Sprintf("ann%d-%d", round, i)))
			callers, changes = append(callers, callerOf(t, u)), append(changes, user.BulkChange{Username: u.Username, Role: ptr(user.RoleUser)})
		}
		concurrently(admins, func(i int) {
			order := append(append([]user.BulkChange{}, changes[i:]...), changes[:i]...)
			results, err := user.UpdateMany(t.Context(), request.Request{Caller: callers[i], At: now}, db, order, nil)
			if err := unexpected(errors.Join(append(results, err)...)); err != nil && !errors.Is(err, fault.Unavailable) {
				t.Errorf("round %d: %v", round, err)
			}
		})
		if left := activeAdmins(t); left < 1 {
			t.Errorf("round %d: %d admins are left", round, left)
		}
		if _, err := postgrestest.Pool(t).Exec(t.Context(), "delete from users"); err != nil {
			t.Fatal(err)
		}
	})
	if v, err := db.VerifyAudit(t.Context(), postgres.Expected{}); err != nil || len(v.Altered) > 0 || v.Rows == 0 {
		t.Errorf("the log is %+v, %v", v, err)
	}
}

func writeOf(u user.User, e user.Edit) user.BulkWrite {
	return user.BulkWrite{
		Target: user.BulkTarget{UUID: u.UUID, Username: u.Username, Role: u.Role, Active: u.Active},
		Edit:   e, Event: audit.Event{Actions: []audit.Action{audit.ActionRoleChanged}, At: now, Target: u.UUID},
	}
}

// What was decided on is checked again under a lock: the caller, each target, and that
// an ADMIN remains.
func TestUpdateUsersChecksWhatWasDecidedOn(t *testing.T) {
	t.Parallel()
	demotion, promotion := user.Edit{Role: ptr(user.RoleUser), RevokeTokens: true}, user.Edit{Role: ptr(user.RoleAdmin)}
	type accounts struct{ boss, ann, ben user.User }
	for name, c := range map[string]struct {
		caller  func(*request.Caller)
		writes  func(a accounts) []user.BulkWrite
		refused bool
		written []string // usernames
	}{
		"both": {nil, func(a accounts) []user.BulkWrite {
			return []user.BulkWrite{writeOf(a.ann, promotion), writeOf(a.ben, promotion)}
		}, false, []string{"ann", "ben"}},
		"a token of an old version": {func(c *request.Caller) { c.TokenVersion-- }, func(a accounts) []user.BulkWrite {
			return []user.BulkWrite{writeOf(a.ann, promotion)}
		}, true, nil},
		"a session that has ended": {func(c *request.Caller) { c.Session = c.UUID }, func(a accounts) []user.BulkWrite {
			return []user.BulkWrite{writeOf(a.ann, promotion)}
		}, true, nil},
		"one has another role since": {nil, func(a accounts) []user.BulkWrite {
			a.ann.Role = user.RoleAdmin
			return []user.BulkWrite{writeOf(a.ann, promotion), writeOf(a.ben, promotion)}
		}, false, []string{"ben"}},
		"one is not active since": {nil, func(a accounts) []user.BulkWrite {
			a.ann.Active = false
			return []user.BulkWrite{writeOf(a.ann, promotion), writeOf(a.ben, promotion)}
		}, false, []string{"ben"}},
		"one has another name since": {nil, func(a accounts) []user.BulkWrite {
			a.ann.Username = "anna"
			return []user.BulkWrite{writeOf(a.ann, promotion), writeOf(a.ben, promotion)}
		}, false, []string{"ben"}},
		"no admin would remain": {nil, func(a accounts) []user.BulkWrite {
			return []user.BulkWrite{writeOf(a.boss, demotion), writeOf(a.ben, user.Edit{Active: ptr(false), RevokeTokens: true, EndSessions: true})}
		}, false, []string{"ben"}},
		"another one is promoted with it": {nil, func(a accounts) []user.BulkWrite {
			return []user.BulkWrite{writeOf(a.boss, demotion), writeOf(a.ben, promotion)}
		}, false, []string{"boss", "ben"}},
		"a refusal is only recorded": {nil, func(a accounts) []user.BulkWrite {
			w := writeOf(a.ann, promotion)
			w.Refused = true
			return []user.BulkWrite{w, writeOf(a.ben, promotion)}
		}, false, []string{"ben"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.Open(t)
			a := accounts{create(t, db, adminAccount("boss")), create(t, db, account("ann")), create(t, db, account("ben"))}
			caller := callerOf(t, a.boss)
			if c.caller != nil {
				c.caller(&caller)
			}
			writes := c.writes(a)
			for i := range writes {
				writes[i].Event.Actor = caller.UUID
			}
			got, err := db.UpdateUsers(t.Context(), caller, writes, now)
			if err != nil || got.CallerRefused != c.refused {
				t.Fatalf("%+v, %v", got, err)
			}
			var written, changed []string
			for _, u := range []user.User{a.boss, a.ann, a.ben} {
				if got.Written[u.UUID] {
					written = append(written, u.Username)
				}
				if !cmp.Equal(u, find(t, db, u.Username)) {
					changed = append(changed, u.Username)
				}
			}
			if diff := cmp.Diff([][]string{c.written, c.written}, [][]string{written, changed}); diff != "" {
				t.Errorf("who is said to be written, and who has changed (-want +got):\n%s", diff)
			}
			events := len(c.written)
			if name == "a refusal is only recorded" {
				events++
			}
			var n int
			if err := postgrestest.Pool(t).QueryRow(t.Context(), "select count(*) from audit where actor = $1", caller.UUID).Scan(&n); err != nil || n != events {
				t.Errorf("%d events, %v, want %d", n, err, events)
			}
			if v, err := db.VerifyAudit(t.Context(), postgres.Expected{}); err != nil || len(v.Altered) > 0 {
				t.Errorf("the log is %+v, %v", v, err)
			}
		})
	}
}

// An ADMIN who is not in the list counts as one who remains.
func TestAnAdminStepsDownInABulkChange(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	boss := create(t, db, adminAccount("boss"))
	chief := create(t, db, adminAccount("chief"))
	if err := bulkDemote(t.Context(), db, callerOf(t, boss), "boss"); err != nil || find(t, db, "boss").Role != user.RoleUser {
		t.Errorf("the first of two: %v", err)
	}
	if err := bulkDemote(t.Context(), db, callerOf(t, chief), "chief"); !errors.Is(err, fault.Conflict) || find(t, db, "chief").Role != user.RoleAdmin {
		t.Errorf("the last one: %v", err)
	}
}

// Whoever is no ADMIN any more when it is written makes no account and sends no mail.
func TestWhatAnAdminDoesIsCheckedWhenItIsWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make    func(*user.User)
		caller  func(*request.Caller)
		refused bool
	}{
		"an ADMIN":                  {func(*user.User) {}, func(*request.Caller) {}, false},
		"a USER":                    {func(u *user.User) { u.Role = user.RoleUser }, func(*request.Caller) {}, true},
		"not active":                {func(u *user.User) { u.Active = false }, func(*request.Caller) {}, true},
		"a token of an old version": {func(*user.User) {}, func(c *request.Caller) { c.TokenVersion-- }, true},
		"a session that has ended":  {func(*user.User) {}, func(c *request.Caller) { c.Session = c.UUID }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.Open(t)
			boss := adminAccount("boss")
			c.make(&boss)
			caller := callerOf(t, create(t, db, boss))
			c.caller(&caller)
			ann := create(t, db, account("ann"))
			zoe := account("zoe")
			reset := resetOf("", "", "token of zoe", now)
			made, err := db.CreateUserAsAdmin(t.Context(), caller, zoe, &reset, event)
			if err != nil || made.CallerRefused != c.refused || (made.ID != 0) == c.refused || made.Taken.Any() {
				t.Errorf("create: %+v, %v", made, err)
			}
			guard := user.Guard{Caller: caller, AsAdmin: true, TargetUUID: ann.UUID, Username: "ann"}
			sent, err := db.CreateResetAsAdmin(t.Context(), guard, resetOf("", "", "token of ann", now), event)
			if err != nil || sent.CallerRefused != c.refused || sent.Done == c.refused {
				t.Errorf("reset: %+v, %v", sent, err)
			}
			for token, want := range map[string]string{"token of zoe": "zoe", "token of ann": "ann"} {
				u, err := db.UserByReset(t.Context(), hashOf(token), now)
				if err != nil || (u == nil) != c.refused || u != nil && u.Username != want {
					t.Errorf("%s opens %+v, %v", token, u, err)
				}
			}
		})
	}
}

// A link for an account that has been renamed, deactivated or deleted is not made.
func TestAResetOfAnAdminFitsTheAccount(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"renamed": "update users set username = 'anna' where username = 'ann'", "not active": "update users set active = false where username = 'ann'",
		"deleted": "delete from users where username = 'ann'", "another address": "update users set email = 'new@example.com' where username = 'ann'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.Open(t)
			ann, caller := create(t, db, account("ann")), callerOf(t, create(t, db, adminAccount("boss")))
			if _, err := postgrestest.Pool(t).Exec(t.Context(), change); err != nil {
				t.Fatal(err)
			}
			guard := user.Guard{Caller: caller, AsAdmin: true, TargetUUID: ann.UUID, Username: "ann", ExpectedTarget: &user.Snapshot{Role: ann.Role, Active: true, Email: ann.Email}}
			got, err := db.CreateResetAsAdmin(t.Context(), guard, resetOf("", "", "token", now), event)
			if diff := cmp.Diff(user.Outcome{}, got); diff != "" || err != nil {
				t.Errorf("%v, outcome (-want +got):\n%s", err, diff)
			}
		})
	}
}
