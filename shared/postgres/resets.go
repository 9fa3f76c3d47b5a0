package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/user"
)

// Older tokens than the newest two go, so that with the new one at most three
// are alive (ASVS 6.4.2 asks for few; a mailbox that is slow needs some).
const sqlCreateReset = `
with target as (
	select ` + columns + ` from users where username = $1 and lower(email) = lower($2) and active
), pruned as (
	delete from resets where user_id in (select id from target)
	and (expires_at <= $4 or hash not in (
		select hash from resets where user_id in (select id from target) order by created_at desc limit 2))
), created as (
	insert into resets (hash, user_id, created_at, expires_at) select $3, id, $4, $5 from target
)
select ` + columns + ` from target`

// CreateReset stores a reset token for the active account that has both the
// username and the e-mail.
func (db *DB) CreateReset(ctx context.Context, username, email string, r user.Reset) (*user.User, error) {
	return db.one(ctx, "create a reset", sqlCreateReset, username, email, r.Hash, r.CreatedAt, r.ExpiresAt)
}

const sqlUserByReset = `
select ` + columns + ` from users
where active and id = (select user_id from resets where hash = $1 and expires_at > $2)`

// UserByReset returns the active account that a reset token opens, or nil.
func (db *DB) UserByReset(ctx context.Context, hash []byte, now time.Time) (*user.User, error) {
	return db.one(ctx, "find a user by reset", sqlUserByReset, hash, now)
}

// Of two that spend one token the second waits for the first's row lock, and
// then finds the row gone.
const sqlSpendReset = `
with spent as (
	delete from resets where hash = $1 and expires_at > $3 returning user_id
), changed as (
	update users set password_hash = $2, password_changed_at = $3, updated_at = $3, token_version = token_version + 1
	where active and id = (select user_id from spent)
	returning id
), others as (
	delete from resets where user_id in (select id from changed) and hash <> $1
)
select id from changed`

// SpendReset sets a password by a reset token, once.
func (db *DB) SpendReset(ctx context.Context, hash []byte, passwordHash string, now time.Time) (bool, error) {
	var id int64
	return db.query(ctx, "spend a reset", func(row pgx.Row) error { return row.Scan(&id) }, sqlSpendReset, hash, passwordHash, now)
}
