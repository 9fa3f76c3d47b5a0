package postgres

import (
	"context"
	"time"

	"roster/shared/user"
)

// The statements of this file delete one batch. They skip locked rows, so they
// wait for nobody and cause no deadlock.

// counterKind is the kind of a counter: how long it is kept depends on it. The
// index limits_kind_idx has the same expression.
//
//	0 a window
//	1 attempts in a row at a name that nobody has, few
//	2 the same, many
//	3 attempts in a row at an account
//	4 the same, used up
const counterKind = `(case when not backoff then 0 when account is not null then case when in_a_row < most then 3 else 4 end when in_a_row <= 5 then 1 else 2 end)`

const sqlPurgeLimits statement = `
with kinds as (
	select kind, before from unnest(@kinds::integer[], @befores::timestamptz[]) as k (kind, before)
), expired_limits as (
	select l.ctid from kinds k cross join lateral (
		select ctid from limits where ` + counterKind + ` = k.kind and until < k.before
			and (k.kind < 4 or (select true from users where uuid = account) is null) -- not exists would read all users
		order by until limit @batch for update skip locked
	) l
), deleted_limits as (
	delete from limits where ctid = any (array (select ctid from expired_limits)) returning 1 -- locked, so they stay where they are
)
select count(*) from deleted_limits`

// PurgeLimits deletes counters that nobody needs any more.
func (db *DB) PurgeLimits(ctx context.Context, before user.LimitsBefore, batch int) (deleted int, err error) {
	return db.purge(ctx, query{"purge limits", sqlPurgeLimits, named{
		{"kinds", []int32{0, 1, 2, 3, 4}},
		{"befores", []time.Time{before.Windows, before.FewAtName, before.ManyAtName, before.AtAccount, before.AtAccount}},
		{"batch", batch},
	}})
}

const sqlPurgeResets statement = `
with expired_resets as (
	select hash from resets where expires_at <= @now limit @batch for update skip locked
), deleted_resets as (
	delete from resets where hash in (select hash from expired_resets) returning 1
)
select count(*) from deleted_resets`

// PurgeResets deletes reset tokens that have expired.
func (db *DB) PurgeResets(ctx context.Context, now time.Time, batch int) (deleted int, err error) {
	return db.purge(ctx, query{"purge resets", sqlPurgeResets, named{{"now", now}, {"batch", batch}}})
}

const sqlPurgeSessions statement = `
with ended_sessions as (
	select s.id from sessions s join users u on u.id = s.user_id
	where s.ends_at <= @now or s.idle_ends_at <= @now or s.version <> u.token_version limit @batch for update of s skip locked
), deleted_sessions as (
	delete from sessions where id in (select id from ended_sessions) returning 1
)
select count(*) from deleted_sessions`

// PurgeSessions deletes sessions that have ended.
func (db *DB) PurgeSessions(ctx context.Context, now time.Time, batch int) (deleted int, err error) {
	return db.purge(ctx, query{"purge sessions", sqlPurgeSessions, named{{"now", now}, {"batch", batch}}})
}

const sqlPurgeDevices statement = `
with forgotten_devices as (
	select d.hash from devices d join users u on u.id = d.user_id
	where d.last_used_at <= @before or d.version <> u.token_version limit @batch for update of d skip locked
), deleted_devices as (
	delete from devices where hash in (select hash from forgotten_devices) returning 1
)
select count(*) from deleted_devices`

// PurgeDevices deletes devices that are no longer known.
func (db *DB) PurgeDevices(ctx context.Context, lastUsedBefore time.Time, batch int) (deleted int, err error) {
	return db.purge(ctx, query{"purge devices", sqlPurgeDevices, named{{"before", lastUsedBefore}, {"batch", batch}}})
}

func (db *DB) purge(ctx context.Context, q query) (deleted int, err error) {
	_, err = db.queryRow(ctx, q, &deleted)
	return deleted, err
}
