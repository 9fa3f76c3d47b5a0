package postgres

import (
	"context"
	"time"

	"roster/shared/audit"
	"roster/shared/user"
)

// A reset token is valid while its version is the reset_version of its account.
// Whatever ends the tokens increments reset_version. Deleting the rows is not
// enough, because it misses a token that is stored at the same moment.
//
// Every statement here locks the account before its tokens, so that two of them
// never wait for each other.

// The lock makes a deletion, or a change of the e-mail, come before this
// statement or after it. All tokens are deleted except the two that are valid for
// longest, so that with the new one at most three are valid, and one more for each that
// is stored at the same moment (ASVS 6.4.2 asks for few; a slow mailbox needs some). An
// invitation is valid for longer than what strangers can ask for, so it stays.
const sqlCreateReset statement = `
with named_user as (
	select id from users where username = @username and ` + resetEmail + `
	union all
	select id from users where @username::text is null and lower(email) = lower(@email collate "C")
), locked_user as (
	select reset_version, ` + userColumns + ` from users
	where id = (select id from named_user) and active
	and (@username::text is null or username = @username) and ` + resetEmail + ` -- once more, because both may have changed before the lock
	for key share
), deleted_resets as (
	delete from resets where user_id in (select id from locked_user)
	and (expires_at <= @now or hash not in (
		select hash from resets where user_id in (select id from locked_user) order by expires_at desc, created_at desc limit 2))
), created_reset as (
	insert into resets (hash, user_id, version, created_at, expires_at) select @hash, id, reset_version, @now, @expires_at from locked_user
), subject as (
	select (select uuid from locked_user) as uuid -- one row, also when there is no account: the same work
)` + auditCTE + `
select ` + userColumns + ` from locked_user`

// resetEmail is true of every account if no e-mail is asked for.
const resetEmail = `(@email::text is null or lower(email) = lower(@email collate "C"))`

// CreateReset stores a reset token for the active account that the target names.
// Without one it returns nil, after the same work.
func (db *DB) CreateReset(ctx context.Context, r user.NewReset, event audit.Event) (*user.User, error) {
	return db.queryUser(ctx, query{"create a reset", sqlCreateReset, db.audited(event, named{
		{"username", r.Target.Username},
		{"email", r.Target.Email},
		{"hash", r.Hash},
		{"now", r.CreatedAt},
		{"expires_at", r.ExpiresAt},
	})})
}

// The account is locked by guardCTE already. It is read here as it is since then.
const sqlCreateResetAsAdmin statement = guardCTE + `, target_user as (
	select u.id, u.uuid, u.reset_version from users u, guard g
	where u.uuid = @target and u.active and g.caller_ok and g.target_ok
	for key share of u
), deleted_resets as (
	delete from resets where user_id in (select id from target_user)
	and (expires_at <= @now or hash not in (
		select hash from resets where user_id in (select id from target_user) order by expires_at desc, created_at desc limit 2))
), created_reset as (
	insert into resets (hash, user_id, version, created_at, expires_at) select @hash, id, reset_version, @now, @expires_at from target_user
), subject as (
	select uuid from target_user
)` + auditCTE + `
select exists (select from target_user), not caller_ok from guard`

// CreateResetAsAdmin stores a reset token for the target of the guard, if that
// holds and the account is active.
func (db *DB) CreateResetAsAdmin(ctx context.Context, g user.Guard, r user.NewReset, event audit.Event) (o user.Outcome, err error) {
	args := append(guardArgs(g), named{{"hash", r.Hash}, {"now", r.CreatedAt}, {"expires_at", r.ExpiresAt}}...)
	_, err = db.queryRow(ctx, query{"create a reset as an admin", sqlCreateResetAsAdmin, db.audited(event, args)}, &o.Done, &o.CallerRefused)
	return o, err
}

const sqlUserByReset statement = `
select ` + userColumns + ` from users u where active and exists (
	select from resets r where r.hash = @hash and r.expires_at > @now and r.user_id = u.id and r.version = u.reset_version)`

// UserByReset returns the active account that a reset token opens, or nil.
func (db *DB) UserByReset(ctx context.Context, hash []byte, now time.Time) (*user.User, error) {
	return db.queryUser(ctx, query{"find a user by reset", sqlUserByReset, named{{"hash", hash}, {"now", now}}})
}

// Of two requests that use one token, the second waits for the lock of the
// first and then finds that reset_version has changed.
const sqlUseReset statement = `
with locked_user as (
	select u.id from users u join resets r on r.user_id = u.id and r.version = u.reset_version
	where r.hash = @hash and r.expires_at > @now and u.active
	for update of u
), deleted_resets as (
	delete from resets where user_id in (select id from locked_user)
), deleted_limits as (
	delete from limits where exists (select from locked_user) and ` + isGivenCounter + `
), deleted_devices as (
	delete from devices where user_id in (select id from locked_user)
), updated_user as (
	update users set
	password_hash = @password_hash, password_changed_at = @now, updated_at = @now,
	token_version = token_version + 1, reset_version = reset_version + 1
	where id in (select id from locked_user)
	returning uuid
), deleted_sessions as (
	delete from sessions where user_id in (select id from locked_user)
), subject as (
	select uuid from updated_user
)` + auditCTE + `
select true from updated_user`

// UseReset sets a password by a reset token. A token can be used once.
func (db *DB) UseReset(ctx context.Context, s user.ResetUse, event audit.Event) (bool, error) {
	var done bool
	return db.queryRow(ctx, query{"use a reset", sqlUseReset, db.audited(event, named{
		{"hash", s.Hash}, {"password_hash", s.PasswordHash}, {"now", s.At}, {"counters", limitKeys(s.Clear)},
	})}, &done)
}
