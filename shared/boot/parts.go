package boot

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"roster/shared/credential/onetime"
	"roster/shared/credential/password"
	"roster/shared/postgres"
	"roster/shared/postgres/dburl"
	"roster/shared/user"
)

// Postgres returns the database of DATABASE_URL, the same one at each call. It
// does not connect yet. A refused login reads the secret again.
func (e *Environment) Postgres() *postgres.DB {
	if e.db != nil || e.Text("DATABASE_URL") == "" {
		return e.db
	}
	access := e.DatabaseAccess()
	db, err := postgres.OpenSource(context.Background(), e.databaseURL, postgres.Options{Access: access, Concurrency: e.concurrency()})
	if err != nil {
		e.Reject("DATABASE_URL", strings.TrimPrefix(err.Error(), "DATABASE_URL "))
	}
	e.warn(access, "DATABASE_URL")
	e.db = db
	return db
}

// Migrator binds what migrates to the database of MIGRATE_DATABASE_URL, whose
// role owns the tables, or of DATABASE_URL where that is not given; then it has
// the role of DATABASE_URL granted what the functions need. Runs are rare, and a
// password may have changed since the last: each reads the secret again.
func (e *Environment) Migrator(
	up func(ctx context.Context, owner string, access dburl.Access) ([]string, error),
	grant func(ctx context.Context, owner, functions string, access dburl.Access) error,
) func(context.Context) ([]string, error) {
	access := e.DatabaseAccess()
	e.Text("DATABASE_URL") // notes when it is missing
	if given := e.Optional("MIGRATE_DATABASE_URL", ""); given != "" {
		if _, err := access.Config("MIGRATE_DATABASE_URL", given); err != nil {
			e.Reject("MIGRATE_DATABASE_URL", strings.TrimPrefix(err.Error(), "MIGRATE_DATABASE_URL "))
		}
		e.warn(access, "MIGRATE_DATABASE_URL")
	}
	return func(ctx context.Context) ([]string, error) {
		values, err := e.Current(ctx, true)
		if err != nil {
			return nil, err
		}
		functions := withUser(values)
		owner := cmp.Or(values["MIGRATE_DATABASE_URL"], functions)
		applied, err := up(ctx, owner, access)
		if err != nil {
			return applied, err
		}
		return applied, grant(ctx, owner, functions, access)
	}
}

func (e *Environment) databaseURL(ctx context.Context, fresh bool) (string, error) {
	values, err := e.Current(ctx, fresh)
	return withUser(values), err
}

// withUser is DATABASE_URL. One that names no user gets the members username
// and password, which are where Secrets Manager's rotation functions for
// databases put them: see docs/secrets.md.
func withUser(values map[string]string) string {
	given, name, word := values["DATABASE_URL"], values["username"], values["password"]
	u, err := url.Parse(given)
	if err != nil || u.Host == "" || u.User != nil || name == "" || word == "" || values["DATABASE_AUTH"] == byIAM {
		return given
	}
	u.User = url.UserPassword(name, word)
	return u.String()
}

// OneTimeTokens returns what mints reset tokens and hashes them.
func (e *Environment) OneTimeTokens() onetime.Keys { return onetime.New(e.Key("SECRET_KEY")) }

// Admin returns the account that seeding ensures.
func (e *Environment) Admin() user.Admin {
	return user.Admin{
		Username: e.Optional("ADMIN_USERNAME", "admin"),
		Email:    e.Text("ADMIN_EMAIL"),
		Password: e.OptionalSecret("ADMIN_PASSWORD"),
	}
}

// PasswordPolicy returns how long a new password must be. A function that sets
// passwords takes the policy of boot/policy, which refuses more.
func (e *Environment) PasswordPolicy() password.Policy {
	return password.Policy{MinLength: e.Number("PASSWORD_MIN_LENGTH", password.DefaultPolicy.MinLength, 8, 64)}
}

// Passwords returns how passwords are hashed, for a function that only checks
// them.
func (e *Environment) Passwords() user.Passwords {
	pepper := e.Optional("SECURITY_PASSWORD_SALT", "")
	if pepper != "" {
		e.RequireStrong("SECURITY_PASSWORD_SALT", pepper)
	}
	return user.Passwords{
		Hasher: password.NewHasher(pepper),
		Policy: e.PasswordPolicy(),
	}
}
