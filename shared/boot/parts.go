package boot

import (
	"context"
	"strings"

	"roster/shared/onetime"
	"roster/shared/password"
	"roster/shared/postgres"
	"roster/shared/user"
)

// Postgres returns the database of DATABASE_URL. It does not connect yet. A
// refused login reads the secret again.
func (e *Environment) Postgres() *postgres.DB {
	if e.Text("DATABASE_URL") == "" {
		return nil
	}
	db, err := postgres.OpenSource(context.Background(), e.databaseURL)
	if err != nil {
		e.problem("DATABASE_URL", strings.TrimPrefix(err.Error(), "DATABASE_URL "))
	}
	return db
}

// Migrator binds what migrates to the database of DATABASE_URL. Runs are rare,
// and a password may have changed since the last: each reads the secret again.
func (e *Environment) Migrator(up func(ctx context.Context, url string) ([]string, error)) func(context.Context) ([]string, error) {
	e.Text("DATABASE_URL") // notes when it is missing
	return func(ctx context.Context) ([]string, error) {
		url, err := e.databaseURL(ctx, true)
		if err != nil {
			return nil, err
		}
		return up(ctx, url)
	}
}

func (e *Environment) databaseURL(ctx context.Context, fresh bool) (string, error) {
	if e.secret == nil {
		return e.values["DATABASE_URL"], nil
	}
	read := e.secret.Get
	if fresh {
		read = e.secret.Refresh
	}
	values, err := read(ctx)
	if err != nil {
		return "", err
	}
	return values["DATABASE_URL"], nil
}

// OneTimeTokens returns what mints reset tokens and hashes them.
func (e *Environment) OneTimeTokens() onetime.Keys { return onetime.New(e.Key("SECRET_KEY")) }

// Admin returns the account that seeding ensures.
func (e *Environment) Admin() user.Admin {
	return user.Admin{
		Username: e.Optional("ADMIN_USERNAME", "admin"),
		Email:    e.Text("ADMIN_EMAIL"),
		Password: e.Optional("ADMIN_PASSWORD", ""),
	}
}

// Passwords returns how passwords are hashed and which may be set.
func (e *Environment) Passwords() user.Passwords {
	pepper := e.values["SECURITY_PASSWORD_SALT"]
	if pepper != "" {
		e.strong("SECURITY_PASSWORD_SALT", pepper)
	}
	return user.Passwords{
		Hasher: password.NewHasher(pepper),
		Policy: password.Policy{
			MinLength: e.Number("PASSWORD_MIN_LENGTH", password.DefaultPolicy.MinLength, 8, 64),
			Blocklist: e.Switch("PASSWORD_BLOCKLIST", true),
		},
	}
}
