package postgres_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/postgres"
	"roster/shared/request"
	"roster/shared/user"
)

// guardCase is a change that the guard of a change allows or refuses.
type guardCase struct {
	byAdmin bool
	admins  int // besides the caller
	target  func(*user.User)
	guard   func(*user.Guard)
	want    user.Outcome
}

var guardCases = map[string]guardCase{
	"the caller itself":               {want: user.Outcome{Done: true}},
	"by an admin":                     {byAdmin: true, want: user.Outcome{Done: true}},
	"as an admin, by a USER":          {guard: func(g *user.Guard) { g.AsAdmin = true }, want: user.Outcome{CallerRefused: true}},
	"a token of an old version":       {guard: func(g *user.Guard) { g.Caller.TokenVersion = 0 }, want: user.Outcome{CallerRefused: true}},
	"a future token version":          {guard: func(g *user.Guard) { g.Caller.TokenVersion = 2 }, want: user.Outcome{CallerRefused: true}},
	"a caller that does not exist":    {guard: calledBy(request.Caller{UUID: account("x").UUID, Session: account("x").UUID, TokenVersion: 1}), want: user.Outcome{CallerRefused: true}},
	"a caller that is not active":     {target: func(u *user.User) { u.Active = false }, want: user.Outcome{CallerRefused: true}},
	"a target that was renamed":       {byAdmin: true, guard: func(g *user.Guard) { g.Username = "old" }},
	"a target as expected":            {guard: expecting(func(*user.Snapshot) {}), want: user.Outcome{Done: true}},
	"a target with another role":      {guard: expecting(func(s *user.Snapshot) { s.Role = user.RoleAdmin })},
	"a target that was activated":     {guard: expecting(func(s *user.Snapshot) { s.Active = false })},
	"a target with another e-mail":    {guard: expecting(func(s *user.Snapshot) { s.Email = "Ann@example.com" })},
	"a target that does not exist":    {byAdmin: true, guard: func(g *user.Guard) { g.TargetUUID = account("x").UUID }},
	"the last admin":                  {target: func(u *user.User) { u.Role = user.RoleAdmin }, guard: func(g *user.Guard) { g.RemovesAdmin = true }, want: user.Outcome{LastAdmin: true}},
	"the last but one admin":          {admins: 1, target: func(u *user.User) { u.Role = user.RoleAdmin }, guard: func(g *user.Guard) { g.RemovesAdmin = true }, want: user.Outcome{Done: true}},
	"an admin, by another":            {byAdmin: true, target: func(u *user.User) { u.Role = user.RoleAdmin }, guard: func(g *user.Guard) { g.RemovesAdmin = true }, want: user.Outcome{Done: true}},
	"an inactive admin, by another":   {byAdmin: true, target: func(u *user.User) { u.Role, u.Active = user.RoleAdmin, false }, guard: func(g *user.Guard) { g.RemovesAdmin = true }, want: user.Outcome{Done: true}},
	"a USER":                          {guard: func(g *user.Guard) { g.RemovesAdmin = true }, want: user.Outcome{Done: true}},
	"the last admin, who stays admin": {target: func(u *user.User) { u.Role = user.RoleAdmin }, want: user.Outcome{Done: true}},
}

func calledBy(c request.Caller) func(*user.Guard) {
	return func(g *user.Guard) { g.Caller = c }
}

// expecting makes the guard expect the target as it is, but for a change.
func expecting(change func(*user.Snapshot)) func(*user.Guard) {
	return func(g *user.Guard) {
		g.ExpectedTarget = &user.Snapshot{Role: user.RoleUser, Active: true, Email: "ann@example.com"}
		change(g.ExpectedTarget)
	}
}

// guardedChange is a change that checks the guard.
type guardedChange func(testing.TB, *postgres.DB, user.Guard) (user.Outcome, error)

func TestGuard(t *testing.T) {
	t.Parallel()
	for verb, change := range map[string]guardedChange{
		"update": func(t testing.TB, db *postgres.DB, g user.Guard) (user.Outcome, error) {
			return db.UpdateUser(t.Context(), g, user.Edit{FirstName: ptr("Anna"), At: now}, event)
		},
		"delete": func(t testing.TB, db *postgres.DB, g user.Guard) (user.Outcome, error) {
			return db.DeleteUser(t.Context(), g, nil, event)
		},
	} {
		for name, c := range guardCases {
			t.Run(verb+" "+name, func(t *testing.T) {
				t.Parallel()
				c.check(t, change)
			})
		}
	}
}

func (c guardCase) check(t *testing.T, change guardedChange) {
	db := postgrestest.Open(t)
	target := account("ann")
	if c.target != nil {
		c.target(&target)
	}
	target = create(t, db, target)
	bystander := create(t, db, account("ben"))
	inactive := adminAccount("idle") // does not count as an admin
	inactive.Active = false
	create(t, db, inactive)
	for range c.admins {
		create(t, db, adminAccount("other"))
	}
	g := guardOf(t, target, target)
	if c.byAdmin {
		g = guardOf(t, create(t, db, adminAccount("boss")), target)
	}
	if c.guard != nil {
		c.guard(&g)
	}
	got, err := change(t, db, g)
	if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
		t.Errorf("error %v, outcome (-want +got):\n%s", err, diff)
	}
	after, err := db.UserByUsername(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	if changed := !cmp.Equal(&target, after); changed != c.want.Done {
		t.Errorf("the target is now %+v", after)
	}
	if diff := cmp.Diff(bystander, find(t, db, "ben")); diff != "" {
		t.Errorf("another account changed:\n%s", diff)
	}
}

func TestUpdateUserWritesTheEdit(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u, boss := create(t, db, account("ann")), create(t, db, adminAccount("boss"))
	at := now
	for _, e := range []user.Edit{
		{},
		{FirstName: ptr("Anna")},
		{LastName: ptr("Day")},
		{Email: ptr("Anna@example.com")},
		{Username: ptr("anna")},
		{Role: ptr(user.RoleAdmin)},
		{Role: ptr(user.RoleUser), RevokeTokens: true},
		{Active: ptr(false)},
		{Active: ptr(true)},
		{PasswordHash: ptr("new"), RevokeTokens: true, RevokeResets: true},
		{FirstName: ptr(""), LastName: ptr("'; --")},
		{Username: ptr("ann"), FirstName: ptr("A"), LastName: ptr("B"), Email: ptr("a@example.com"), Role: ptr(user.RoleAdmin), Active: ptr(false)},
	} {
		at = at.Add(time.Second)
		e.At = at
		want := u
		want.UpdatedAt = at
		if e.PasswordHash != nil {
			want.PasswordHash, want.PasswordChangedAt = *e.PasswordHash, &at
		}
		if e.RevokeTokens {
			want.TokenVersion++
		}
		setIfGiven(&want.Username, e.Username)
		setIfGiven(&want.FirstName, e.FirstName)
		setIfGiven(&want.LastName, e.LastName)
		setIfGiven(&want.Email, e.Email)
		setIfGiven(&want.Role, e.Role)
		setIfGiven(&want.Active, e.Active)
		if o, err := db.UpdateUser(t.Context(), guardOf(t, boss, u), e, event); !o.Done || err != nil {
			t.Fatalf("%+v: %+v, %v", e, o, err)
		}
		u = find(t, db, want.Username)
		if diff := cmp.Diff(want, u); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", e, diff)
		}
	}
}

func setIfGiven[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

func TestUpdateUserTaken(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u, boss := create(t, db, account("ann")), create(t, db, adminAccount("boss"))
	create(t, db, account("ben"))
	for _, c := range []struct {
		edit user.Edit
		want user.Outcome
	}{
		{user.Edit{Username: ptr("ben")}, user.Outcome{Taken: user.Taken{Username: true}}},
		{user.Edit{Email: ptr("BEN@example.com")}, user.Outcome{Taken: user.Taken{Email: true}}},
		{user.Edit{Username: ptr("ben"), Email: ptr("boss@example.com")}, user.Outcome{Taken: user.Taken{Username: true, Email: true}}},
		{user.Edit{Username: ptr("ann"), Email: ptr("ANN@example.com")}, user.Outcome{Done: true}}, // the account's own
	} {
		c.edit.At = now
		if got, err := db.UpdateUser(t.Context(), guardOf(t, boss, u), c.edit, event); err != nil || got != c.want {
			t.Errorf("%+v, %v; want %+v", got, err, c.want)
		}
	}
	if errs := postgrestest.Errors(t); len(errs) > 0 {
		t.Errorf("the server logs an ordinary answer as an error: %q", errs)
	}
}
