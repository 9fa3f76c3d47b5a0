package boot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"roster/shared/audit"
	"roster/shared/boot"
	"roster/shared/postgres/dburl"
	"roster/shared/user"
)

func TestPostgresRejectsWhatIsNotAPostgreSQLURL(t *testing.T) {
	t.Parallel()
	e := env("DATABASE_URL", "postgres://roster:"+canary+"@127.0.0.1:1/roster")
	db := e.Postgres() // makes no connection: no server listens there
	check(t, "what is rejected", rejection(t, e), "")
	db.Close()

	e = env()
	e.Postgres()
	check(t, "no URL", rejection(t, e), "DATABASE_URL is missing")

	const notURL = "DATABASE_URL is not a PostgreSQL URL such as postgres://user:password@host:5432/database"
	const unescaped = " has an @ in its host or database; in its password write @ as %40 and / as %2F"
	for value, want := range map[string]string{
		"postgres://u:12345/" + canary + "@h/d":           "DATABASE_URL" + unescaped,
		"mysql://u:" + canary + "@h/d":                    "DATABASE_URL must begin with postgres:// or postgresql://, in lower case, without quotes around it",
		"postgres://u:" + canary + "/@h/d":                notURL,
		"postgres://u:" + canary + "@h:port/d":            notURL,
		"postgres://u:" + canary + "@h/d?sslmode=perhaps": notURL + " (sslmode is invalid)",
		"postgres://u:abc@" + canary + "@h/d":             "DATABASE_URL" + unescaped,
		"postgres://u:" + canary + "%zz@h/d":              notURL + " (invalid percent-encoded token in password)",
		"host=h password='" + canary:                      notURL + " (unterminated quoted string in connection info string)",
	} {
		e := env("DATABASE_URL", value)
		e.Postgres()
		check(t, value, rejection(t, e), want)
	}
}

func TestMigratorUsesTheOwnersURL(t *testing.T) {
	t.Parallel()
	const functions, owner = "postgres://roster@127.0.0.1/roster", "postgres://owner@127.0.0.1/roster"
	var calls []string
	failed := errors.New("failed")
	failing := map[string]error{}
	up := func(_ context.Context, url string, _ dburl.Access) ([]string, error) {
		calls = append(calls, "up "+url)
		return []string{"a.sql"}, failing["up"]
	}
	grant := func(_ context.Context, owner, functions string, _ dburl.Access) error {
		calls = append(calls, "grant "+owner+" "+functions)
		return failing["grant"]
	}
	run := func(e *boot.Environment, want error, wantCalls ...string) {
		t.Helper()
		calls = nil
		applied, err := e.Migrator(up, grant)(t.Context())
		check(t, "its calls", calls, wantCalls)
		check(t, "its error", errors.Is(err, want), true)
		check(t, "what was applied", applied, []string{"a.sql"})
		check(t, "what is rejected", rejection(t, e), "")
	}
	one := env("DATABASE_URL", functions)
	two := env("DATABASE_URL", functions, "MIGRATE_DATABASE_URL", owner)
	run(one, nil, "up "+functions, "grant "+functions+" "+functions)
	run(two, nil, "up "+owner, "grant "+owner+" "+functions)
	failing["grant"] = failed
	run(two, failed, "up "+owner, "grant "+owner+" "+functions)
	failing["up"] = failed
	run(two, failed, "up "+owner)

	e := env("DATABASE_URL", functions, "MIGRATE_DATABASE_USER", "owner")
	e.Migrator(up, grant)
	check(t, "an owner without a password", rejection(t, e),
		"MIGRATE_DATABASE_USER is of use only with DATABASE_AUTH=iam, where no user has a password; give MIGRATE_DATABASE_URL instead")
	e = env()
	e.Migrator(up, grant)
	check(t, "no URL", rejection(t, e), "DATABASE_URL is missing")
	for _, url := range []string{"postgres://owner:12345/" + canary + "@h/d", "postgres://owner:s3@" + canary + "@h/d"} {
		e = env("DATABASE_URL", functions, "MIGRATE_DATABASE_URL", url)
		e.Migrator(up, grant)
		check(t, url, rejection(t, e), "MIGRATE_DATABASE_URL has an @ in its host or database; in its password write @ as %40 and / as %2F")
	}
}

// Secrets Manager's rotation of a database password writes the members username
// and password. It does not change a URL.
func TestDatabaseURLTakesTheRotatedUser(t *testing.T) {
	t.Parallel()
	const word = `p@ss/w:o#r?d%"`
	for _, c := range []struct{ url, user, password, want string }{
		{
			"postgres://db.example:5432/roster?sslmode=verify-full", "roster", word,
			"postgres://roster:p%40ss%2Fw%3Ao%23r%3Fd%25%22@db.example:5432/roster?sslmode=verify-full",
		},
		{"postgres://ann:secret@db.example/roster", "roster", word, "postgres://ann:secret@db.example/roster"},
		{"postgres://ann@db.example/roster", "roster", word, "postgres://ann@db.example/roster"},
		{"postgres://db.example/roster", "", word, "postgres://db.example/roster"},
		{"postgres://db.example/roster", "roster", "", "postgres://db.example/roster"},
		{"host=db.example dbname=roster", "roster", word, "host=db.example dbname=roster"},
	} {
		var got string
		up := func(_ context.Context, url string, _ dburl.Access) ([]string, error) {
			got = url
			return nil, nil
		}
		e := env("DATABASE_URL", c.url, "username", c.user, "password", c.password)
		if _, err := e.Migrator(up, func(context.Context, string, string, dburl.Access) error { return nil })(t.Context()); err != nil {
			t.Error(err)
		}
		check(t, c.url, got, c.want)
		e.Postgres().Close()
		check(t, "what is rejected", rejection(t, e), "")
	}
}

func TestAdminNeedsAnAddress(t *testing.T) {
	t.Parallel()
	e := env("ADMIN_USERNAME", "root", "ADMIN_EMAIL", "ops@example.com", "ADMIN_PASSWORD", canary)
	check(t, "the admin", e.Admin(), user.Admin{Username: "root", Email: "ops@example.com", Password: canary})
	check(t, "what is rejected", rejection(t, e), "")
	e = env("ADMIN_EMAIL", "ops@example.com")
	check(t, "by default", e.Admin(), user.Admin{Username: "admin", Email: "ops@example.com"})
	e = env()
	e.Admin()
	check(t, "without an address", rejection(t, e), "ADMIN_EMAIL is missing")
}

func TestPasswordsAreHashedWithTheSaltOfTheDeployment(t *testing.T) {
	t.Parallel()
	e := env()
	p := e.Passwords()
	check(t, "the default length", p.Policy.MinimumLength(), 8)
	plain := p.Hasher.Hash("correct horse battery")

	e = env("PASSWORD_MIN_LENGTH", "12", "SECURITY_PASSWORD_SALT", canary)
	p = e.Passwords()
	check(t, "another length", p.Policy.MinimumLength(), 12)
	check(t, "what is rejected", rejection(t, e), "")

	ok, stale, err := p.Hasher.Verify(plain, "correct horse battery")
	check(t, "a hash from before the salt", []any{ok, stale, err}, []any{true, true, nil})
	ok, _, err = env().Passwords().Hasher.Verify(p.Hasher.Hash("correct horse battery"), "correct horse battery")
	if ok || err == nil {
		t.Errorf("a salted hash without the salt: %v, %v, want a refusal that says so", ok, err)
	}

	e = env("PASSWORD_MIN_LENGTH", "7")
	e.Passwords()
	check(t, "a length below the minimum", rejection(t, e), "PASSWORD_MIN_LENGTH must be a whole number from 8 to 64")
}

// With IAM the owner needs no password, so the name is enough.
func TestMigratorUsesTheOwnersName(t *testing.T) {
	t.Parallel()
	var owners []string
	up := func(_ context.Context, url string, _ dburl.Access) ([]string, error) {
		owners = append(owners, url)
		return nil, nil
	}
	grant := func(_ context.Context, owner, functions string, _ dburl.Access) error {
		owners = append(owners, owner, functions)
		return nil
	}
	pairs := []string{
		"AWS_REGION", "eu-central-1", "AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY", canary,
		"AWS_SESSION_TOKEN", canary, "DATABASE_AUTH", "iam", "DATABASE_URL", "postgres://roster_functions" + verified, "MIGRATE_DATABASE_USER", "roster_owner",
	}
	byName, byURL := env(pairs...), env(append(pairs, "MIGRATE_DATABASE_URL", "postgres://another"+verified)...)
	for _, e := range []*boot.Environment{byName, byURL} {
		if _, err := e.Migrator(up, grant)(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, "what is rejected", rejection(t, e), "")
	}
	functions, owner, another := "postgres://roster_functions"+verified, "postgres://roster_owner"+verified, "postgres://another"+verified
	check(t, "users", owners, []string{owner, owner, functions, another, another, functions})
}

func TestAuditRetentionIsInDays(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	check(t, "the default", env().AuditRetention(), audit.Retention{})
	e := env("AUDIT_RETENTION", "730", "AUDIT_ERASE_DELETED", "30")
	check(t, "both", e.AuditRetention(), audit.Retention{Keep: 730 * day, EraseAfter: 30 * day})
	check(t, "what is rejected", rejection(t, e), "")
	for _, name := range []string{"AUDIT_RETENTION", "AUDIT_ERASE_DELETED"} {
		for _, value := range []string{"canary", "-1", "36501", "0.5", "30d"} {
			e := env(name, value)
			e.AuditRetention()
			check(t, value, rejection(t, e), name+" must be a whole number from 0 to 36500")
		}
	}
}
