package migrations_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"roster/localdev/postgrestest"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

// ownerAndFunctions returns the URLs of a migrated database for its owner and
// for the functions' role.
func ownerAndFunctions(t *testing.T) (owner, functions string) {
	t.Helper()
	owner = postgrestest.Empty(t)
	if _, err := migrations.Up(t.Context(), owner, dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(owner, "host=%2F") {
		t.Skip("with TEST_DATABASE_URL there is no second role")
	}
	u.User = url.User(postgrestest.Role)
	return owner, u.String()
}

// sqlState runs a statement and returns its SQLSTATE, "" for success.
func sqlState(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql)
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return ""
}

// Grant revokes what the role was given by mistake.
func TestGrant(t *testing.T) {
	t.Parallel()
	owner, functions := ownerAndFunctions(t)
	for _, sql := range []string{"select from users", "select from audit"} {
		if code := sqlState(t, functions, sql); code != "42501" {
			t.Errorf("before Grant: %s: %q, want 42501", sql, code)
		}
	}
	if code := sqlState(t, owner, "grant all on all tables in schema public to "+postgrestest.Role); code != "" {
		t.Fatal(code)
	}
	for range 2 { // it can be repeated
		if err := migrations.Grant(t.Context(), owner, functions, dburl.Access{}); err != nil {
			t.Fatal(err)
		}
	}
	const insert = "insert into audit (chain, seq, at, actions, event, hash) values (0, 1, now(), '{seed}', '{}', '')"
	for sql, want := range map[string]string{
		insert:                              "",
		"select from audit":                 "",
		"update audit set event = ''":       "42501",
		"update audit set hash = ''":        "42501",
		"delete from audit":                 "42501",
		"truncate audit":                    "42501",
		"drop table audit":                  "42501",
		"alter table audit add x int":       "42501",
		"select from audit for update":      "42501",
		"delete from audit_heads":           "42501",
		"truncate audit_heads":              "42501",
		"truncate users":                    "42501",
		"truncate limits":                   "42501",
		"select from roster_migrations":     "42501",
		"create table public.mine (id int)": "42501",
	} {
		if code := sqlState(t, functions, sql); code != want && (sql != "create table public.mine (id int)" || code == "") {
			t.Errorf("%s: %q, want %q", sql, code, want)
		}
	}
}

// A role that owns the tables loses the privilege to alter the log, until it
// grants it to itself. Privileges do not bind a superuser, so for one there is a
// warning in the log.
func TestGrantToOneRole(t *testing.T) { // not in parallel: it replaces the default logger
	owner, functions := ownerAndFunctions(t)
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	if err := migrations.Grant(t.Context(), owner, owner, dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "can alter the audit log") {
		t.Errorf("for a superuser the log has %q", log.String())
	}
	log.Reset()
	for _, sql := range []string{
		"grant all on schema public to " + postgrestest.Role, "alter table audit owner to " + postgrestest.Role,
	} {
		if code := sqlState(t, owner, sql); code != "" {
			t.Fatal(sql, code)
		}
	}
	for range 2 {
		if err := migrations.Grant(t.Context(), functions, functions, dburl.Access{}); err != nil {
			t.Fatal(err)
		}
	}
	for sql, want := range map[string]string{"select from audit": "", "update audit set event = ''": "42501", "delete from audit": "42501", "truncate audit": "42501"} {
		if code := sqlState(t, functions, sql); code != want {
			t.Errorf("%s: %q, want %q", sql, code, want)
		}
	}
	if log.Len() > 0 {
		t.Errorf("for a role that cannot alter the log, the log has %q", log.String())
	}
}

func TestGrantNamesAMissingRole(t *testing.T) {
	t.Parallel()
	owner, functions := ownerAndFunctions(t)
	err := migrations.Grant(t.Context(), owner, strings.Replace(functions, postgrestest.Role, "nobody_at_all", 1), dburl.Access{})
	if err == nil || !strings.Contains(err.Error(), "the role nobody_at_all of DATABASE_URL does not exist") {
		t.Errorf("%v", err)
	}
}

// As in most deployments, the owner is no superuser and the database has tables
// of others.
func TestGrantByAnOwnerWhoIsNoSuperuser(t *testing.T) {
	t.Parallel()
	owner, functions, ownerName := plainOwner(t)
	if _, err := migrations.Up(t.Context(), owner, dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := migrations.Grant(t.Context(), owner, functions, dburl.Access{}); err != nil {
			t.Fatal(err)
		}
	}
	for sql, want := range map[string]string{
		"select from audit": "", "update audit set event = ''": "42501", "delete from audit": "42501", "truncate audit": "42501",
		"insert into users (uuid, username, first_name, last_name, email, password_hash, created_at, updated_at) values (gen_random_uuid(), 'ann', 'A', 'L', 'a@example.com', '', now(), now())": "",
		"select from strange": "42501", "set role " + ownerName: "42501",
	} {
		if code := sqlState(t, functions, sql); code != want {
			t.Errorf("%s: %q, want %q", sql, code, want)
		}
	}
}

// plainOwner makes a database with a table of somebody else, and an owner for
// our tables who is no superuser.
func plainOwner(t *testing.T) (owner, functions, name string) {
	t.Helper()
	super := postgrestest.Empty(t)
	u, err := url.Parse(super)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(super, "host=%2F") {
		t.Skip("with TEST_DATABASE_URL there is no second role")
	}
	name = "owner_of_" + strings.TrimPrefix(u.Path, "/")
	for _, sql := range []string{"create role " + name + " login", "grant create on schema public to " + name, "create table public.strange (id int)"} {
		if code := sqlState(t, super, sql); code != "" {
			t.Errorf("%s: %s", sql, code)
		}
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), super)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		for _, sql := range []string{"drop owned by " + name, "drop role " + name} {
			if _, err := conn.Exec(context.Background(), sql); err != nil {
				t.Error(err)
			}
		}
	})
	u.User = url.User(name)
	owner = u.String()
	u.User = url.User(postgrestest.Role)
	return owner, u.String(), name
}

// PostgreSQL 14 lets every role make tables in the schema public. The functions
// must not, and where the schema is somebody else's, the operator is told.
func TestGrantTakesCreateAway(t *testing.T) {
	t.Parallel()
	owner, functions := ownerAndFunctions(t)
	const makes = "create table public.mine (id int)"
	for _, sql := range []string{
		"grant create on schema public to public", "grant create on schema public to " + postgrestest.Role,
	} {
		if code := sqlState(t, owner, sql); code != "" {
			t.Fatal(sql, code)
		}
	}
	if code := sqlState(t, functions, makes); code != "" {
		t.Fatalf("before Grant: %q", code)
	}
	if err := migrations.Grant(t.Context(), owner, functions, dburl.Access{}); err != nil {
		t.Fatal(err)
	}
	if code := sqlState(t, functions, "create table public.other (id int)"); code != "42501" {
		t.Errorf("after Grant: %q", code)
	}
}
