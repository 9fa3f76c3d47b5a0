package user_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

// operations are three operations that read, change and delete an account.
var operations = map[string]func(context.Context, request.Caller, *store, string) error{
	"get": func(ctx context.Context, c request.Caller, db *store, name string) error {
		_, err := user.Get(ctx, requestBy(c), db, name)
		return err
	},
	"update": func(ctx context.Context, c request.Caller, db *store, name string) error {
		first := "Anna"
		return user.Update(ctx, requestBy(c), db, user.UpdateParts{Passwords: passwords, Limits: user.DefaultLimits}, user.UpdateRequest{Username: name, Changes: user.Changes{FirstName: &first}})
	},
	"delete": func(ctx context.Context, c request.Caller, db *store, name string) error {
		return user.Delete(ctx, requestBy(c), db, name)
	},
}

// accessCase is a caller that asks for an account, and the refusal.
type accessCase struct {
	name   string
	users  []*user.User
	caller request.Caller
	target string
	want   fault.Code
}

func accessCases() []accessCase {
	inactive := func(u *user.User) { u.Active = false }
	older := func(u *user.User) request.Caller {
		return request.Caller{UUID: u.UUID, Session: sessionID, TokenVersion: u.TokenVersion - 1}
	}
	everybody := []*user.User{ann(), ben(), boss()}
	return []accessCase{
		{"the own account", everybody, callerOf(ann()), "ann.lee", ""},
		{"the own account in another case", everybody, callerOf(ann()), "Ann.LEE", ""},
		{"another account", everybody, callerOf(ann()), "ben", fault.Forbidden},
		{"the account of an admin", everybody, callerOf(ann()), "boss", fault.Forbidden},
		{"an unknown account", everybody, callerOf(ann()), "nobody", fault.Forbidden},
		{"an invalid name", everybody, callerOf(ann()), "a/b", fault.Forbidden},
		{"no name", everybody, callerOf(ann()), "", fault.Forbidden},
		{"another account, as ADMIN", everybody, callerOf(boss()), "ben", ""},
		{"the own account, as ADMIN", everybody, callerOf(boss()), "boss", ""},
		{"an unknown account, as ADMIN", everybody, callerOf(boss()), "nobody", fault.NotFound},
		{"an invalid name, as ADMIN", everybody, callerOf(boss()), "a/b", fault.NotFound},
		{"no name, as ADMIN", everybody, callerOf(boss()), "", fault.NotFound},
		{"the zero caller", everybody, request.Caller{}, "ann.lee", fault.Unauthenticated},
		{"a subject that is no UUID", everybody, request.Caller{UUID: "ann.lee", Session: sessionID, TokenVersion: 3}, "ann.lee", fault.Unauthenticated},
		{"a UUID in capitals", everybody, request.Caller{UUID: "01939E6E-5A7C-4BD0-8F0E-3A1F5D0C9B42", Session: sessionID, TokenVersion: 3}, "ann.lee", fault.Unauthenticated},
		{"an account that is gone", everybody[1:], callerOf(ann()), "ann.lee", fault.Unauthenticated},
		{"an account that is not active", []*user.User{with(ann(), inactive)}, callerOf(ann()), "ann.lee", fault.Unauthenticated},
		{"an admin that is not active", []*user.User{ann(), with(boss(), inactive)}, callerOf(boss()), "ann.lee", fault.Unauthenticated},
		{"a revoked token", everybody, older(ann()), "ann.lee", fault.Unauthenticated},
		{"a revoked token of an admin", everybody, older(boss()), "ann.lee", fault.Unauthenticated},
		{"a future version", everybody, request.Caller{UUID: annUUID, Session: sessionID, TokenVersion: 4}, "ann.lee", fault.Unauthenticated},
		{"version 0", everybody, request.Caller{UUID: annUUID, Session: sessionID}, "ann.lee", fault.Unauthenticated},
		{"a target that is not active, as ADMIN", []*user.User{with(ann(), inactive), boss()}, callerOf(boss()), "ann.lee", ""},
	}
}

func TestOnlyOwnersAndAdminsHaveAccess(t *testing.T) {
	t.Parallel()
	for _, c := range accessCases() {
		for op, run := range operations {
			t.Run(op+" "+c.name, func(t *testing.T) {
				t.Parallel()
				db := &store{users: c.users, outcome: user.Outcome{Done: true}}
				if err := run(t.Context(), c.caller, db, c.target); code(err) != c.want || (err == nil) != (c.want == "") {
					t.Errorf("error %v, want %q", err, c.want)
				}
				if wrote := len(db.calls) > 1; wrote && c.want != "" {
					t.Errorf("refused, but called %v", db.calls)
				}
			})
		}
	}
}

// R-ENUM-5: a USER gets the same refusal for an account that exists and for one
// that does not.
func TestForbiddenHidesWhetherTheAccountExists(t *testing.T) {
	t.Parallel()
	for op, run := range operations {
		existing := run(t.Context(), callerOf(ann()), &store{users: []*user.User{ann(), ben()}}, "ben")
		unknown := run(t.Context(), callerOf(ann()), &store{users: []*user.User{ann()}}, "ben")
		if existing.Error() != unknown.Error() {
			t.Errorf("%s: %q and %q", op, existing, unknown)
		}
	}
}

// The store checks the decision again, under a lock, and returns an Outcome.
func TestOutcomeBecomesARefusal(t *testing.T) {
	t.Parallel()
	all := user.Outcome{CallerRefused: true, LastAdmin: true, Taken: user.Taken{Username: true, Email: true}}
	for name, c := range map[string]struct {
		outcome user.Outcome
		want    fault.Code
		text    string
	}{
		"done":               {user.Outcome{Done: true}, "", ""},
		"a refused caller":   {all, fault.Unauthenticated, "unauthenticated: Please log in."}, // it learns nothing else
		"the last admin":     {user.Outcome{LastAdmin: true}, fault.Conflict, "conflict: The last active admin can be neither deleted, demoted nor deactivated."},
		"a taken e-mail":     {user.Outcome{Taken: user.Taken{Email: true}}, fault.Conflict, "conflict: Username or email already exists. (email already taken)"},
		"a target that left": {user.Outcome{}, fault.NotFound, "not_found: User not found."},
	} {
		for _, op := range []string{"update", "delete"} {
			if c.want == fault.NotFound && op == "update" {
				continue // it decides again: TestUpdateDecidesAgainWhenTheTargetChanged
			}
			err := operations[op](t.Context(), callerOf(boss()), &store{users: []*user.User{ann(), boss()}, outcome: c.outcome}, "ann.lee")
			if code(err) != c.want || (err != nil && err.Error() != c.text) {
				t.Errorf("%s, %s: %v", op, name, err)
			}
		}
	}
}

func TestAccessOutageIsUnavailable(t *testing.T) {
	t.Parallel()
	for op, run := range operations {
		for _, method := range []string{"CallerAndTarget", "UpdateUser", "DeleteUser"} {
			db := &store{users: []*user.User{ann()}, errs: map[string]error{method: errOutage}, outcome: user.Outcome{Done: true}}
			err := run(t.Context(), callerOf(ann()), db, "ann.lee")
			if called := db.calls[len(db.calls)-1] == method; called != errors.Is(err, fault.Unavailable) {
				t.Errorf("%s, %s fails: %v", op, method, err)
			}
		}
	}
}

func TestGetReturnsTheTarget(t *testing.T) {
	t.Parallel()
	db := &store{users: []*user.User{ann(), boss()}}
	got, err := user.Get(t.Context(), requestBy(callerOf(boss())), db, "ann.lee")
	if err != nil || got.UUID != annUUID {
		t.Errorf("%v, %v", got.UUID, err)
	}
	if got, err := user.Get(t.Context(), requestBy(callerOf(ann())), db, "boss"); err == nil || fmt.Sprint(got) != fmt.Sprint(user.User{}) {
		t.Errorf("refused, but got %v", got)
	}
	wantCalls(t, db, "CallerAndTarget", "CallerAndTarget") // one statement for each
}

// The database would fail with an error for a subject that is not a UUID.
func TestMalformedSubjectDoesNotReachTheStore(t *testing.T) {
	t.Parallel()
	for _, uuid := range []string{"", "1", "ann.lee", annUUID + "0", annUUID[1:], "{" + annUUID + "}", "urn:uuid:" + annUUID, annUUID + "\n", "' or 1=1 --"} {
		db := &store{users: []*user.User{ann()}}
		if _, err := user.Get(t.Context(), requestBy(request.Caller{UUID: uuid, Session: sessionID, TokenVersion: 3}), db, "ann.lee"); code(err) != fault.Unauthenticated {
			t.Errorf("%q: %v", uuid, err)
		}
		wantCalls(t, db)
	}
}

// wrongRowStore returns the row of another account for the caller.
type wrongRowStore struct{ *store }

func (wrongRowStore) CallerAndTarget(context.Context, request.Caller, string) (caller, target *user.User, err error) {
	return boss(), ann(), nil
}

func TestRowOfAnotherAccountIsNotAccepted(t *testing.T) {
	t.Parallel()
	if _, err := user.Get(t.Context(), requestBy(callerOf(ben())), wrongRowStore{}, "ann.lee"); code(err) != fault.Unauthenticated {
		t.Error(err)
	}
}

func TestMalformedCallersDoNotReachTheStore(t *testing.T) {
	t.Parallel()
	for _, c := range []request.Caller{{}, {UUID: annUUID, TokenVersion: 3}, {UUID: annUUID, Session: "x", TokenVersion: 3}, {UUID: annUUID, Session: strings.ToUpper(sessionID), TokenVersion: 3}} {
		db := &store{users: []*user.User{ann()}}
		if _, err := user.Get(t.Context(), requestBy(c), db, user.Me); code(err) != fault.Unauthenticated {
			t.Errorf("%+v: %v", c, err)
		}
		if err := user.Logout(t.Context(), requestBy(c), nil, user.LogoutRequest{}); code(err) != fault.Unauthenticated {
			t.Errorf("%+v: %v", c, err)
		}
		wantCalls(t, db)
	}
}
