package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

// columns of a users row, in the order in which fields scans them.
const columns = `id, uuid, username, first_name, last_name, email, password_hash, role, active, token_version,
	created_at, updated_at, last_login_at, password_changed_at`

func fields(u *user.User) []any {
	return []any{
		&u.ID, &u.UUID, &u.Username, &u.FirstName, &u.LastName, &u.Email, &u.PasswordHash, &u.Role, &u.Active, &u.TokenVersion,
		&u.CreatedAt, &u.UpdatedAt, &u.LastLoginAt, &u.PasswordChangedAt,
	}
}

// one runs a statement that returns one row of users, or none.
func (db *DB) one(ctx context.Context, what, sql string, args ...any) (*user.User, error) {
	var u user.User
	found, err := db.query(ctx, what, func(row pgx.Row) error { return row.Scan(fields(&u)...) }, sql, args...)
	if err != nil || !found {
		return nil, err
	}
	return &u, nil
}

const sqlUserByUsername = `select ` + columns + ` from users where username = $1`

// UserByUsername returns the account of that canonical name, or nil.
func (db *DB) UserByUsername(ctx context.Context, username string) (*user.User, error) {
	return db.one(ctx, "find a user by name", sqlUserByUsername, username)
}

const sqlUserByEmail = `select ` + columns + ` from users where lower(email) = lower($1 collate "C")`

// UserByEmail returns the account with that address, in either case, or nil.
func (db *DB) UserByEmail(ctx context.Context, email string) (*user.User, error) {
	return db.one(ctx, "find a user by e-mail", sqlUserByEmail, email)
}

// The conflict is no error in the server's log: it is an ordinary answer.
const sqlCreateUser = `
with about as (
insert into users (uuid, username, first_name, last_name, email, password_hash, role, active, token_version, created_at, updated_at, password_changed_at)
values ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict do nothing
returning uuid
)` + auditCTE + `
select true from about`

const sqlTaken = `
select exists (select from users where username = $1), exists (select from users where lower(email) = lower($2 collate "C"))`

// CreateUser stores the account, unless its username or e-mail is taken.
func (db *DB) CreateUser(ctx context.Context, u user.User, e audit.Event) (user.Taken, error) {
	var done bool
	created, err := db.audited(ctx, "create a user", e, func(row pgx.Row) error { return row.Scan(&done) }, sqlCreateUser,
		u.UUID, u.Username, u.FirstName, u.LastName, u.Email, u.PasswordHash, u.Role, u.Active, u.TokenVersion, u.CreatedAt, u.UpdatedAt, u.PasswordChangedAt)
	if err != nil || created {
		return user.Taken{}, err
	}
	var t user.Taken
	_, err = db.query(ctx, "see what is taken", func(row pgx.Row) error { return row.Scan(&t.Username, &t.Email) }, sqlTaken, u.Username, u.Email)
	if err == nil && !t.Any() {
		err = &fault.Error{Code: fault.Unavailable, Message: "Please try again.", RetryAfter: retryAfter} // the other one is gone already
	}
	return t, err
}

const sqlRecordLogin = `
with about as (
	update users set last_login_at = $4, password_hash = coalesce(nullif($5, ''), password_hash)
	where uuid = $2 and token_version = $3 and active
	returning id, uuid
), begun as (
	insert into sessions (id, user_id, version, generation, hash, method, device_name, user_agent, address, created_at, last_used_at, idle_ends_at, ends_at)
	select $7, id, $3, 1, $8, $9, $10, $11, $12, $4, $4, $13, $14 from about
), outdated as (
	delete from sessions where id in (
		select s.id from sessions s join about a on s.user_id = a.id order by s.last_used_at desc, s.id offset greatest($15 - 1, 0))
), cleared as (
	delete from limits where exists (select from about)
	and key in (select key from limits where key = any ($6::bytea[]) order by key for update) -- as Take locks them
)` + auditCTE + `
select true from about`

// RecordLogin begins a session and notes the login, if the account is still what
// was checked. Logins of one account that run at once wait for each other, but
// do not see each other's sessions: for a moment there can be more than so many.
func (db *DB) RecordLogin(ctx context.Context, l user.LoginRecord, e audit.Event) (bool, error) {
	var done bool
	s := l.Session
	return db.audited(ctx, "record a login", e, func(row pgx.Row) error { return row.Scan(&done) }, sqlRecordLogin,
		l.UUID, l.TokenVersion, l.At, l.Rehash, limitKeys(l.Clear),
		s.ID, l.RefreshHash, s.Method, s.DeviceName, s.UserAgent, addressText(s.Address), s.IdleEndsAt, s.EndsAt, l.MaxSessions)
}

// Both rows come back in one round trip; the one that is both comes back twice.
const sqlCallerAndTarget = `
select u.uuid = $1 and exists (select from sessions s where s.id = $3 and ` + alive + `), u.username = $2, ` + columns + ` from users u where u.uuid = $1 or u.username = $2`

// CallerAndTarget returns the row of the caller and the row of that name.
func (db *DB) CallerAndTarget(ctx context.Context, c request.Caller, username string) (caller, target *user.User, err error) {
	err = db.do(ctx, "read the caller and the target", func() error {
		caller, target = nil, nil
		rows, err := db.pool.Query(ctx, sqlCallerAndTarget, c.UUID, username, c.Session)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var u user.User
			var isCaller, isTarget bool
			if err := rows.Scan(append([]any{&isCaller, &isTarget}, fields(&u)...)...); err != nil {
				return err
			}
			if isCaller {
				caller = &u
			}
			if isTarget {
				target = &u
			}
		}
		return rows.Err()
	})
	return caller, target, err
}
