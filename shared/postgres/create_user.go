package postgres

import (
	"cmp"
	"context"
	"errors"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

// With "on conflict" a taken name is an ordinary answer, and not an error in
// the server's log. The second statement refuses to create an account before there is an
// ADMIN. The last active ADMIN stays one, so the index of the active ones tells
// whether there is any.
const (
	sqlCreateUser           statement = createdUser + createUserEnd
	sqlCreateUserAfterAdmin statement = createdUser + ` where ` + anAdmin + createUserEnd + `
union all
select 0 where not ` + anAdmin
)

const createdUser = `
with` + insertedUser

const insertedUser = ` created_user as (
	insert into users (uuid, username, first_name, last_name, email, password_hash,
		role, active, token_version, created_at, updated_at, password_changed_at, metadata, app_metadata)
	select @user, @username, @first_name, @last_name, @email, @password_hash,
		@role, @active, @token_version, @created_at, @updated_at, @password_changed_at, @metadata, @app_metadata`

const createUserEnd = `
	on conflict do nothing
	returning id, uuid
), subject as (
	select uuid from created_user
)` + auditCTE + `
select id from created_user`

// The account and its mailed link are stored by one statement, so that no account exists
// whose owner has no way in.
const sqlCreateUserAsAdmin statement = guardCTE + `,` + insertedUser + ` from guard where caller_ok
	on conflict do nothing
	returning id, uuid, reset_version
), created_reset as (
	insert into resets (hash, user_id, version, created_at, expires_at)
	select @hash, id, reset_version, @created_at, @expires_at from created_user where @hash::bytea is not null
), subject as (
	select uuid from created_user
)` + auditCTE + `
select coalesce((select id from created_user), 0), not caller_ok from guard`

const anAdmin = `exists (select from users where role = 'ADMIN' and active)`

const sqlTaken statement = `
select exists (select from users where username = @username), exists (select from users where lower(email) = lower(@email collate "C"))`

// CreateUser stores the account and returns its id, unless its username or
// e-mail is taken, or there must be an ADMIN before it.
func (db *DB) CreateUser(ctx context.Context, u user.NewAccount, event audit.Event) (id int64, taken user.Taken, err error) {
	sql := sqlCreateUser
	if u.AfterAdmin {
		sql = sqlCreateUserAfterAdmin
	}
	created, err := db.queryRow(ctx, query{"create a user", sql, db.audited(event, newAccountArgs(u.User))}, &id)
	switch {
	case err == nil && !created:
		taken, err = db.taken(ctx, u.Username, u.Email)
	case err == nil && id == 0:
		err = user.ErrNoAdmin
	}
	return id, taken, err
}

// CreateUserAsAdmin stores an account and, if it is given, a reset token for it,
// unless the caller is no ADMIN any more or a name is taken.
func (db *DB) CreateUserAsAdmin(ctx context.Context, c request.Caller, u user.User, r *user.NewReset, event audit.Event) (o user.CreateOutcome, err error) {
	args := append(guardArgs(user.Guard{Caller: c, AsAdmin: true, TargetUUID: nilUUID}), newAccountArgs(u)...)
	if r == nil {
		args = append(args, named{{"hash", nil}, {"expires_at", nil}}...)
	} else {
		args = append(args, named{{"hash", r.Hash}, {"expires_at", r.ExpiresAt}}...)
	}
	_, err = db.queryRow(ctx, query{"create a user as an admin", sqlCreateUserAsAdmin, db.audited(event, args)}, &o.ID, &o.CallerRefused)
	if err == nil && o.ID == 0 && !o.CallerRefused {
		o.Taken, err = db.taken(ctx, u.Username, u.Email)
	}
	return o, err
}

func newAccountArgs(u user.User) named {
	return named{
		{"user", u.UUID},
		{"username", u.Username},
		{"first_name", u.FirstName},
		{"last_name", u.LastName},
		{"email", u.Email},
		{"password_hash", u.PasswordHash},
		{"role", u.Role},
		{"active", u.Active},
		{"token_version", u.TokenVersion},
		{"created_at", u.CreatedAt},
		{"updated_at", u.UpdatedAt},
		{"password_changed_at", u.PasswordChangedAt},
		{"metadata", cmp.Or(u.Metadata, "{}")},
		{"app_metadata", cmp.Or(u.AppMetadata, "{}")},
	}
}

// PostgreSQL shows last_value only to a role that may read the sequence, and only
// once the sequence was used.
const sqlSequenceBehind statement = `
select coalesce(max(id) >= coalesce(max(last_value), 0), false) and bool_and(has_sequence_privilege(pg_get_serial_sequence('users', 'id'), 'select'))
from users left join pg_sequences on format('%I.%I', schemaname, sequencename) = pg_get_serial_sequence('users', 'id')`

// taken returns which of the two another account has. It is an error if none
// has: the other account was deleted at the same moment, or the new account got
// the id of one that exists.
func (db *DB) taken(ctx context.Context, username, email string) (t user.Taken, err error) {
	_, err = db.queryRow(ctx, query{"see what is taken", sqlTaken, named{{"username", username}, {"email", email}}}, &t.Username, &t.Email)
	if err == nil && !t.Any() {
		err = &fault.Error{Code: fault.Unavailable, Message: "Please try again.", RetryAfter: retryAfter, Cause: db.whyNoneIsTaken(ctx)}
	}
	return t, err
}

// whyNoneIsTaken returns why an account was not stored, for the log.
func (db *DB) whyNoneIsTaken(ctx context.Context) error {
	var behind bool
	if _, err := db.queryRow(ctx, query{"see whether the ids are behind", sqlSequenceBehind, nil}, &behind); err != nil {
		return err
	}
	if behind {
		return errors.New("create a user: the sequence of users.id is behind the highest id, as after a restored dump, so the next id exists already; " +
			"seed_admin sets it right: invoke it, or run roster migrate")
	}
	return errors.New("create a user: the account with that name or address was deleted at the same moment")
}
