package boot_test

import (
	"context"
	"errors"
	"testing"

	"roster/shared/boot"
	"roster/shared/postgres/dburl"
	"roster/shared/user"
)

func TestPostgres(t *testing.T) {
	t.Parallel()
	e := env("DATABASE_URL", "postgres://roster:"+canary+"@127.0.0.1:1/roster")
	db := e.Postgres() // connects to nothing: there is nothing
	check(t, "its problem", problem(t, e), "")
	db.Close()

	e = env()
	e.Postgres()
	check(t, "no URL", problem(t, e), "DATABASE_URL is missing")

	const no = "DATABASE_URL is not a PostgreSQL URL such as postgres://user:password@host:5432/database"
	const at = " has an @ in its host or database; in its password write @ as %40 and / as %2F"
	for value, want := range map[string]string{
		"postgres://u:12345/" + canary + "@h/d":           "DATABASE_URL" + at,
		"mysql://u:" + canary + "@h/d":                    no + " (invalid keyword/value)",
		"postgres://u:" + canary + "/@h/d":                no,
		"postgres://u:" + canary + "@h:port/d":            no,
		"postgres://u:" + canary + "@h/d?sslmode=perhaps": no + " (sslmode is invalid)",
		"postgres://u:abc@" + canary + "@h/d":             "DATABASE_URL" + at,
		"postgres://u:" + canary + "%zz@h/d":              no + " (invalid percent-encoded token in password)",
		"host=h password='" + canary:                      no + " (unterminated quoted string in connection info string)",
	} {
		e := env("DATABASE_URL", value)
		e.Postgres()
		check(t, value, problem(t, e), want)
	}
}

func TestMigrator(t *testing.T) {
	t.Parallel()
	const functions, owner = "postgres://roster@127.0.0.1/roster", "postgres://owner@127.0.0.1/roster"
	var asked []string
	failed := errors.New("failed")
	failing := map[string]error{}
	up := func(_ context.Context, url string, _ dburl.Access) ([]string, error) {
		asked = append(asked, "up "+url)
		return []string{"a.sql"}, failing["up"]
	}
	grant := func(_ context.Context, owner, functions string, _ dburl.Access) error {
		asked = append(asked, "grant "+owner+" "+functions)
		return failing["grant"]
	}
	run := func(e *boot.Environment, want error, calls ...string) {
		t.Helper()
		asked = nil
		applied, err := e.Migrator(up, grant)(t.Context())
		check(t, "what it did", asked, calls)
		check(t, "its error", errors.Is(err, want), true)
		check(t, "what was applied", applied, []string{"a.sql"})
		check(t, "its problem", problem(t, e), "")
	}
	one := env("DATABASE_URL", functions)
	two := env("DATABASE_URL", functions, "MIGRATE_DATABASE_URL", owner)
	run(one, nil, "up "+functions, "grant "+functions+" "+functions)
	run(two, nil, "up "+owner, "grant "+owner+" "+functions)
	failing["grant"] = failed
	run(two, failed, "up "+owner, "grant "+owner+" "+functions)
	failing["up"] = failed
	run(two, failed, "up "+owner)

	e := env()
	e.Migrator(up, grant)
	check(t, "no URL", problem(t, e), "DATABASE_URL is missing")
	for _, url := range []string{"postgres://owner:12345/" + canary + "@h/d", "postgres://owner:s3@" + canary + "@h/d"} {
		e = env("DATABASE_URL", functions, "MIGRATE_DATABASE_URL", url)
		e.Migrator(up, grant)
		check(t, url, problem(t, e), "MIGRATE_DATABASE_URL has an @ in its host or database; in its password write @ as %40 and / as %2F")
	}
}

// What rotates a database's password knows nothing of URLs.
func TestDatabaseURLTakesTheRotatedUser(t *testing.T) {
	t.Parallel()
	const word = `p@ss/w:o#r?d%"`
	for _, c := range []struct{ url, user, password, want string }{
		{"postgres://db.example:5432/roster?sslmode=verify-full", "roster", word, "postgres://roster:p%40ss%2Fw%3Ao%23r%3Fd%25%22@db.example:5432/roster?sslmode=verify-full"},
		{"postgres://ann:secret@db.example/roster", "roster", word, "postgres://ann:secret@db.example/roster"},
		{"postgres://ann@db.example/roster", "roster", word, "postgres://ann@db.example/roster"},
		{"postgres://db.example/roster", "", word, "postgres://db.example/roster"},
		{"postgres://db.example/roster", "roster", "", "postgres://db.example/roster"},
		{"host=db.example dbname=roster", "roster", word, "host=db.example dbname=roster"},
	} {
		var asked string
		up := func(_ context.Context, url string, _ dburl.Access) ([]string, error) {
			asked = url
			return nil, nil
		}
		e := env("DATABASE_URL", c.url, "username", c.user, "password", c.password)
		if _, err := e.Migrator(up, func(context.Context, string, string, dburl.Access) error { return nil })(t.Context()); err != nil {
			t.Error(err)
		}
		check(t, c.url, asked, c.want)
		e.Postgres().Close()
		check(t, "its problem", problem(t, e), "")
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	e := env("ADMIN_USERNAME", "root", "ADMIN_EMAIL", "ops@example.com", "ADMIN_PASSWORD", canary)
	check(t, "the admin", e.Admin(), user.Admin{Username: "root", Email: "ops@example.com", Password: canary})
	check(t, "its problem", problem(t, e), "")
	e = env("ADMIN_EMAIL", "ops@example.com")
	check(t, "by default", e.Admin(), user.Admin{Username: "admin", Email: "ops@example.com"})
	e = env()
	e.Admin()
	check(t, "without an address", problem(t, e), "ADMIN_EMAIL is missing")
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	e := env()
	p := e.Passwords()
	check(t, "the usual policy", p.Policy.MinimumLength(), 8)
	plain := p.Hasher.Hash("correct horse battery")

	e = env("PASSWORD_MIN_LENGTH", "12", "SECURITY_PASSWORD_SALT", canary)
	p = e.Passwords()
	check(t, "another", p.Policy.MinimumLength(), 12)
	check(t, "its problem", problem(t, e), "")

	ok, stale, err := p.Hasher.Verify(plain, "correct horse battery")
	check(t, "a hash from before the salt", []any{ok, stale, err}, []any{true, true, nil})
	ok, _, err = env().Passwords().Hasher.Verify(p.Hasher.Hash("correct horse battery"), "correct horse battery")
	if ok || err == nil {
		t.Errorf("a salted hash without the salt: %v, %v, want a refusal that says so", ok, err)
	}

	e = env("PASSWORD_MIN_LENGTH", "7")
	e.Passwords()
	check(t, "a bad one", problem(t, e), "PASSWORD_MIN_LENGTH must be a whole number from 8 to 64")
}
