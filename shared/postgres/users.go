package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"roster/shared/request"
	"roster/shared/user"
)

// userColumns are the columns of users that userFields scans, in that order.
const userColumns = `id, uuid, username, first_name, last_name, email, password_hash, role, active, token_version,
	created_at, updated_at, last_login_at, password_changed_at`

func userFields(u *user.User) []any {
	return []any{
		&u.ID, &u.UUID, &u.Username, &u.FirstName, &u.LastName, &u.Email, &u.PasswordHash, &u.Role, &u.Active, &u.TokenVersion,
		&u.CreatedAt, &u.UpdatedAt, &u.LastLoginAt, &u.PasswordChangedAt,
	}
}

// profileColumns are userColumns and the metadata, which can be 16 KB: a login reads
// none of it.
const profileColumns = userColumns + `, metadata, app_metadata`

func profileFields(u *user.User) []any { return append(userFields(u), &u.Metadata, &u.AppMetadata) }

// queryUser runs a query that returns userColumns, and returns nil when there
// is no row.
func (db *DB) queryUser(ctx context.Context, q query) (*user.User, error) {
	var u user.User
	found, err := db.queryRow(ctx, q, userFields(&u)...)
	if err != nil || !found {
		return nil, err
	}
	return &u, nil
}

const sqlUserByUsername statement = `select ` + userColumns + ` from users where username = @username`

// UserByUsername returns the account with that canonical username, or nil.
func (db *DB) UserByUsername(ctx context.Context, username string) (*user.User, error) {
	return db.queryUser(ctx, query{"find a user by username", sqlUserByUsername, named{{"username", username}}})
}

const sqlUserByEmail statement = `select ` + userColumns + ` from users where lower(email) = lower(@email collate "C")`

// UserByEmail returns the account with that e-mail in either case, or nil.
func (db *DB) UserByEmail(ctx context.Context, email string) (*user.User, error) {
	return db.queryUser(ctx, query{"find a user by e-mail", sqlUserByEmail, named{{"email", email}}})
}

// Both rows come in one round trip. A caller who is the target comes once, and
// the row says both. The rule for the session is selected, because "exists" takes
// PostgreSQL an eighth longer for the whole statement.
const sqlCallerAndTarget statement = `
select u.uuid = @caller and coalesce((select ` + sessionIsAlive + ` from sessions s where s.id = @caller_session), false),
	u.username = @target_username, ` + profileColumns + `
from users u where u.uuid = @caller or u.username = @target_username`

// CallerAndTarget returns the account of the caller and the account with that
// username. Each is nil when there is none; the caller also when the session is
// not alive.
func (db *DB) CallerAndTarget(ctx context.Context, c request.Caller, username string) (caller, target *user.User, err error) {
	rows, err := collect(ctx, db, query{"read the caller and the target", sqlCallerAndTarget, named{
		{"caller", c.UUID}, {"caller_session", c.Session}, {"target_username", username},
	}}, scanCallerOrTarget)
	for _, row := range rows {
		if row.isCaller {
			caller = row.user
		}
		if row.isTarget {
			target = row.user
		}
	}
	return caller, target, err
}

type callerOrTarget struct {
	isCaller, isTarget bool
	user               *user.User
}

func scanCallerOrTarget(row pgx.CollectableRow) (callerOrTarget, error) {
	r := callerOrTarget{user: new(user.User)}
	err := row.Scan(append([]any{&r.isCaller, &r.isTarget}, profileFields(r.user)...)...)
	return r, err
}
