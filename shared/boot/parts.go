package boot

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"roster/shared/audit"
	"roster/shared/credential/cursor"
	"roster/shared/credential/onetime"
	"roster/shared/credential/password"
	"roster/shared/postgres"
	"roster/shared/postgres/dburl"
	"roster/shared/user"
)

// Postgres returns the database of DATABASE_URL. Every call returns the same
// one. It does not connect yet. When the database refuses the login, the secret
// is read again, because the password may have been rotated.
func (e *Environment) Postgres() *postgres.DB {
	if e.db != nil || e.Required("DATABASE_URL") == "" {
		return e.db
	}
	access := e.DatabaseAccess()
	options := postgres.Options{
		Access: access, Concurrency: e.concurrency(), AuditKey: []byte(e.AuditKey()), Unprepared: !e.Bool("DATABASE_PREPARE", true),
	}
	db, err := postgres.OpenSource(context.Background(), e.databaseURL, options)
	if err != nil {
		e.Reject("DATABASE_URL", strings.TrimPrefix(err.Error(), "DATABASE_URL "))
	}
	e.warn(access, "DATABASE_URL")
	e.db = db
	return db
}

// Migrator returns a function that migrates the database and returns what was
// applied. It calls up with MIGRATE_DATABASE_URL, whose role owns the tables. If
// that is not set, it calls up with DATABASE_URL, as the user that
// MIGRATE_DATABASE_USER may name. Then it calls grant, which gives the
// role of DATABASE_URL the rights that the functions need. Each run reads the
// secret again, because runs are rare and a password may have changed.
func (e *Environment) Migrator(
	up func(ctx context.Context, owner string, access dburl.Access) ([]string, error),
	grant func(ctx context.Context, owner, functions string, access dburl.Access) error,
) func(context.Context) ([]string, error) {
	access := e.DatabaseAccess()
	e.Required("DATABASE_URL") // only to reject it when it is missing
	if url := e.Optional("MIGRATE_DATABASE_URL", ""); url != "" {
		if _, err := access.Config("MIGRATE_DATABASE_URL", url); err != nil {
			e.Reject("MIGRATE_DATABASE_URL", strings.TrimPrefix(err.Error(), "MIGRATE_DATABASE_URL "))
		}
		e.warn(access, "MIGRATE_DATABASE_URL")
	} else if e.Optional("MIGRATE_DATABASE_USER", "") != "" && e.Optional("DATABASE_AUTH", "") != byIAM {
		e.Reject("MIGRATE_DATABASE_USER", "is of use only with DATABASE_AUTH=iam, where no user has a password; give MIGRATE_DATABASE_URL instead")
	}
	return func(ctx context.Context) ([]string, error) {
		functions, owner, err := e.DatabaseURLs(ctx)
		if err != nil {
			return nil, err
		}
		applied, err := up(ctx, owner, access)
		if err != nil {
			return applied, err
		}
		return applied, grant(ctx, owner, functions, access)
	}
}

// DatabaseURLs returns the database's URL for the functions, and the one for the role
// that owns the tables, which may be the same. It reads the secrets again.
func (e *Environment) DatabaseURLs(ctx context.Context) (functions, owner string, err error) {
	values, err := e.Current(ctx, true)
	if err != nil {
		return "", "", err
	}
	return withRotatedUser(values), ownersURL(values), nil
}

// OpenOwner opens the database as the role that owns the tables: see Migrator. Close
// it after use.
func (e *Environment) OpenOwner(ctx context.Context) (*postgres.DB, error) {
	source := func(ctx context.Context, fresh bool) (string, error) {
		values, err := e.Current(ctx, fresh)
		return ownersURL(values), err
	}
	return postgres.OpenSource(ctx, source, postgres.Options{Access: e.DatabaseAccess(), AuditKey: []byte(e.AuditKey()), Unprepared: !e.Bool("DATABASE_PREPARE", true)})
}

func ownersURL(values map[string]string) string {
	return cmp.Or(dburl.Trim(values["MIGRATE_DATABASE_URL"]), asUser(withRotatedUser(values), values["MIGRATE_DATABASE_USER"]))
}

// AuditRetention returns how long the audit log keeps what.
func (e *Environment) AuditRetention() audit.Retention {
	const day = 24 * time.Hour
	return audit.Retention{
		Keep:       time.Duration(e.Int("AUDIT_RETENTION", 0, 0, 36500)) * day,
		EraseAfter: time.Duration(e.Int("AUDIT_ERASE_DELETED", 0, 0, 36500)) * day,
	}
}

func (e *Environment) databaseURL(ctx context.Context, fresh bool) (string, error) {
	values, err := e.Current(ctx, fresh)
	return withRotatedUser(values), err
}

// withRotatedUser returns DATABASE_URL. If that names no user, it adds the user
// and the password from the members username and password. Secrets Manager's
// rotation functions for databases write them there: see docs/secrets.md.
func withRotatedUser(values map[string]string) string {
	original, username, password := dburl.Trim(values["DATABASE_URL"]), values["username"], values["password"]
	u, err := url.Parse(original)
	if err != nil || u.Host == "" || u.User != nil || username == "" || password == "" || values["DATABASE_AUTH"] == byIAM {
		return original
	}
	u.User = url.UserPassword(username, password)
	return u.String()
}

// asUser returns the URL for another user, without a password. An empty user
// changes nothing.
func asUser(databaseURL, user string) string {
	u, err := url.Parse(databaseURL)
	if user == "" || err != nil {
		return databaseURL
	}
	u.User = url.User(user)
	return u.String()
}

// OneTimeTokens returns what makes and hashes password-reset tokens.
func (e *Environment) OneTimeTokens() onetime.Keys { return onetime.New(e.Key("SECRET_KEY")) }

// Cursors returns what signs the cursors of lists.
func (e *Environment) Cursors() cursor.Keys { return cursor.New(e.CursorKey()) }

// Admin returns the ADMIN account that the seed job creates.
func (e *Environment) Admin() user.Admin {
	return user.Admin{
		Username: e.Optional("ADMIN_USERNAME", "admin"),
		Email:    e.Required("ADMIN_EMAIL"),
		Password: e.OptionalSecret("ADMIN_PASSWORD"),
	}
}

// PasswordPolicy returns the policy for the length of a password. A function
// that sets passwords uses boot/policy, which refuses common passwords too.
func (e *Environment) PasswordPolicy() password.Policy {
	return password.Policy{MinLength: e.Int("PASSWORD_MIN_LENGTH", password.DefaultPolicy.MinLength, 8, 64)}
}

// Passwords returns what a function needs to check passwords. A function that
// sets them uses boot/policy.
func (e *Environment) Passwords() user.Passwords {
	return user.Passwords{
		Hasher: e.PasswordHasher(),
		Policy: e.PasswordPolicy(),
	}
}

// PasswordHasher returns what hashes passwords, and knows stored hashes.
func (e *Environment) PasswordHasher() *password.Hasher {
	pepper := e.Optional("SECURITY_PASSWORD_SALT", "")
	if pepper != "" {
		e.RequireStrong("SECURITY_PASSWORD_SALT", pepper)
	}
	return password.NewHasher(pepper)
}
