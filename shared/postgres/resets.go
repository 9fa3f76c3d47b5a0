package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
	"roster/shared/user"
)

// A reset token is good as long as its version is its account's reset_version.
// Whatever ends the tokens counts that up; it cannot rely on deleting them,
// because it does not see one that is being stored at the same moment.
//
// Everything here locks the account before its tokens, so that two never wait
// for each other.

// The lock makes a deletion, or a change of the e-mail, come before or after.
// Older tokens than the newest two go, so that with the new one at most three
// are alive, and one more for each that is stored at the same moment (ASVS
// 6.4.2 asks for few; a mailbox that is slow needs some).
const sqlCreateReset = `
with target as (
	select reset_version, ` + columns + ` from users where username = $2 and lower(email) = lower($3 collate "C") and active
	for key share
), pruned as (
	delete from resets where user_id in (select id from target)
	and (expires_at <= $5 or hash not in (
		select hash from resets where user_id in (select id from target) order by created_at desc limit 2))
), created as (
	insert into resets (hash, user_id, version, created_at, expires_at) select $4, id, reset_version, $5, $6 from target
), about as (
	select (select uuid from target) as uuid -- the same work when there is none
)` + auditCTE + `
select ` + columns + ` from target`

// CreateReset stores a reset token for the active account that has both the
// username and the e-mail.
func (db *DB) CreateReset(ctx context.Context, username, email string, r user.Reset, e audit.Event) (*user.User, error) {
	event, err := eventArg(e)
	if err != nil {
		return nil, err
	}
	return db.one(ctx, "create a reset", sqlCreateReset, event, username, email, r.Hash, r.CreatedAt, r.ExpiresAt)
}

const sqlUserByReset = `
select ` + columns + ` from users u where active and exists (
	select from resets r where r.hash = $1 and r.expires_at > $2 and r.user_id = u.id and r.version = u.reset_version)`

// UserByReset returns the active account that a reset token opens, or nil.
func (db *DB) UserByReset(ctx context.Context, hash []byte, now time.Time) (*user.User, error) {
	return db.one(ctx, "find a user by reset", sqlUserByReset, hash, now)
}

// Of two that spend one token the second waits for the first's lock, and then
// finds that the account's reset_version is another.
const sqlSpendReset = `
with target as (
	select u.id from users u join resets r on r.user_id = u.id and r.version = u.reset_version
	where r.hash = $2 and r.expires_at > $4 and u.active
	for update of u
), spent as (
	delete from resets where user_id in (select id from target)
), cleared as (
	delete from limits where exists (select from target)
	and key in (select key from limits where key = any ($5::bytea[]) order by key for update) -- as Take locks them
), about as (
	update users set
	password_hash = $3, password_changed_at = $4, updated_at = $4,
	token_version = token_version + 1, reset_version = reset_version + 1
	where id in (select id from target)
	returning uuid
), sessions_ended as (
	delete from sessions where user_id in (select id from target)
)` + auditCTE + `
select true from about`

// SpendReset sets a password by a reset token, once.
func (db *DB) SpendReset(ctx context.Context, s user.SpentReset, e audit.Event) (bool, error) {
	var done bool
	return db.audited(ctx, "spend a reset", e, func(row pgx.Row) error { return row.Scan(&done) }, sqlSpendReset, s.Hash, s.PasswordHash, s.At, limitKeys(s.Clear))
}
