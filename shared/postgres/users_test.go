package postgres_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/request"
	"roster/shared/user"
)

func TestCreateUserKeepsEverything(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	want := account("ann")
	want.FirstName, want.LastName, want.Email = "Ärin 🦓", "O'Brien; drop table users;--", "Ann+x@example.com"
	want.Role, want.Active, want.TokenVersion = user.RoleAdmin, false, 7
	want.Metadata, want.AppMetadata = `{"theme":"dark"}`, `{"plan":1.10}`
	unset := []string{"ID", "Active", "LastLoginAt"} // the database counts IDs; a new account has never logged in
	for field, value := range reflect.ValueOf(want).Fields() {
		if value.IsZero() && !slices.Contains(unset, field.Name) {
			t.Errorf("give %s a value in this test, so that it sees whether CreateUser stores it", field.Name)
		}
	}
	create(t, db, want)
	_, got, err := db.CallerAndTarget(t.Context(), callerOf(t, want), "ann")
	if err != nil {
		t.Fatal(err)
	}
	want.ID = 1
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	bare := account("ben")
	bare.PasswordHash, bare.PasswordChangedAt = "", nil
	if got := create(t, db, bare); got.PasswordHash != "" || got.PasswordChangedAt != nil || got.LastLoginAt != nil {
		t.Errorf("stored %+v", got)
	}
}

func TestCreateUserTaken(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	create(t, db, account("ann"))
	create(t, db, account("ben"))
	for _, c := range []struct {
		name, email string
		want        user.Taken
	}{
		{"ann", "new@example.com", user.Taken{Username: true}},
		{"new", "ann@example.com", user.Taken{Email: true}},
		{"new", "ANN@EXAMPLE.COM", user.Taken{Email: true}},
		{"ann", "ann@example.com", user.Taken{Username: true, Email: true}},
		{"ann", "ben@example.com", user.Taken{Username: true, Email: true}},
		{"new", "new@example.com", user.Taken{}},
	} {
		u := account(c.name)
		u.Email = c.email
		if _, got, err := db.CreateUser(t.Context(), user.NewAccount{User: u}, event); err != nil || got != c.want {
			t.Errorf("%s, %s: %+v, %v; want %+v", c.name, c.email, got, err, c.want)
		}
	}
	var n int
	if err := postgrestest.Pool(t).QueryRow(t.Context(), "select count(*) from users").Scan(&n); err != nil || n != 3 {
		t.Errorf("%d accounts, %v", n, err)
	}
	if errs := postgrestest.Errors(t); len(errs) > 0 {
		t.Errorf("the server logs an ordinary answer as an error: %q", errs)
	}
}

// The schema itself is the last line of defence.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	db, pool := postgrestest.Open(t), postgrestest.Pool(t)
	create(t, db, account("ann"))
	create(t, db, account("ben"))
	for _, set := range []string{
		"username = 'Ann'", "username = 'a b'", "username = 'ab'", "username = 'аnn'", "username = '.ann'", "username = repeat('a', 33)", "username = null", "username = 'ben'",
		"email = 'BEN@example.com'", "email = 'x'", "email = repeat('a', 255)", "email = null",
		"role = 'ROOT'", "role = 'admin'", "role = ''", "role = null", "active = null", "token_version = null", "password_hash = null", "uuid = (select uuid from users where username = 'ben')",
	} {
		if _, err := pool.Exec(t.Context(), "update users set "+set+" where username = 'ann'"); err == nil {
			t.Errorf("%s is stored", set)
		}
	}
	if _, err := pool.Exec(t.Context(), "insert into resets (hash, user_id, created_at, expires_at) values ('\\x00', 1, now(), now())"); err == nil {
		t.Error("a hash of one byte is stored")
	}
}

func TestUserByUsername(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	create(t, db, account("ann"))
	for _, name := range []string{"", "Ann", "ann ", "an", "ann' or '1'='1", "%", "nobody"} {
		if u, err := db.UserByUsername(t.Context(), name); u != nil || err != nil {
			t.Errorf("%q: %v, %v", name, u, err)
		}
	}
}

func TestUserByEmail(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	ann := account("ann")
	create(t, db, ann)
	for _, email := range []string{ann.Email, strings.ToUpper(ann.Email)} {
		if u, err := db.UserByEmail(t.Context(), email); err != nil || u == nil || u.UUID != ann.UUID {
			t.Errorf("%q: %v, %v", email, u, err)
		}
	}
	for _, email := range []string{"", "ann", "%", "nobody@example.com", ann.Email + "'"} {
		if u, err := db.UserByEmail(t.Context(), email); u != nil || err != nil {
			t.Errorf("%q: %v, %v", email, u, err)
		}
	}
}

func rehashed(u user.User, at time.Time, hash string) user.LoginRecord {
	l := loginOf(u, at)
	l.Rehash = hash
	return l
}

func TestRecordLogin(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	u := create(t, db, account("ann"))
	at := now.Add(time.Hour)
	inactive := account("ben")
	inactive.Active = false
	inactive = create(t, db, inactive)
	for name, c := range map[string]struct {
		login user.LoginRecord
		want  bool
	}{
		"another version": {rehashed(user.User{UUID: u.UUID, TokenVersion: 2}, at, "x"), false},
		"no account":      {rehashed(account("x"), at, "x"), false},
		"not active":      {rehashed(inactive, at, "x"), false},
		"unchanged":       {loginOf(u, at), true},
	} {
		if got, err := db.RecordLogin(t.Context(), c.login, event); got != c.want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	want := u
	want.LastLoginAt = &at
	if diff := cmp.Diff(want, find(t, db, "ann")); diff != "" {
		t.Errorf("after the login (-want +got):\n%s", diff)
	}
	if ok, err := db.RecordLogin(t.Context(), rehashed(u, at, "renewed"), event); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if got := find(t, db, "ann"); got.PasswordHash != "renewed" || got.TokenVersion != 1 || !got.PasswordChangedAt.Equal(now) {
		t.Errorf("after a new hash of the same password: %+v", got)
	}
	if got := find(t, db, "ben"); got.LastLoginAt != nil || got.PasswordHash != "hash of ben" {
		t.Errorf("the inactive account: %+v", got)
	}
}

func TestCallerAndTarget(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t)
	a, b := create(t, db, account("ann")), create(t, db, account("ben"))
	ann, ben := callerOf(t, a), callerOf(t, b)
	for _, u := range []*user.User{&a, &b} {
		u.Metadata, u.AppMetadata = "{}", "{}"
	}
	none := request.Caller{UUID: account("x").UUID, Session: account("y").UUID, TokenVersion: 1}
	for name, c := range map[string]struct {
		as             request.Caller
		username       string
		caller, target *user.User
	}{
		"both":                 {ann, "ben", &a, &b},
		"caller is target":     {ann, "ann", &a, &a},
		"no target":            {ann, "nobody", &a, nil},
		"no caller":            {none, "ben", nil, &b},
		"neither":              {none, "nobody", nil, nil},
		"empty name":           {ann, "", &a, nil},
		"no session":           {request.Caller{UUID: a.UUID, Session: none.Session, TokenVersion: 1}, "ben", nil, &b},
		"the target's session": {request.Caller{UUID: a.UUID, Session: ben.Session, TokenVersion: 1}, "ben", nil, &b},
		"an older session":     {request.Caller{UUID: a.UUID, Session: postgrestest.Session(t, a.UUID, 0), TokenVersion: 1}, "ben", nil, &b},
	} {
		caller, target, err := db.CallerAndTarget(t.Context(), c.as, c.username)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff([]*user.User{c.caller, c.target}, []*user.User{caller, target}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
