package postgres

import (
	"cmp"
	"context"
	"time"

	"roster/shared/user"
)

// The statements of this file delete one batch. They skip locked rows, so they
// wait for nobody and cause no deadlock.

// counterKind is the user.CounterKind of a counter. The index limits_kind_idx has the
// same expression.
const counterKind = `(case when not backoff then 0 when account is not null then case when in_a_row < most then 3 else 4 end when in_a_row <= 5 then 1 else 2 end)`

// purgeBatch is user.PurgeBatch. It is no argument, because the one plan for all
// arguments would expect many more rows.
const purgeBatch = `100`

// The statements go through the rows once in a run, along an index. Each returns the
// last key of its batch, where the next one goes on: with the same beginning each
// time, a batch would look again at all rows that stay, and at those just deleted.

// Several counters may have the same until, so the next batch begins with it.
const sqlPurgeLimits statement = `
with expired_limits as (
	select ctid, until from limits where ` + counterKind + ` = @kind and until < @before
		and until >= coalesce(nullif(@after, ''), '-infinity')::timestamptz
		and (@kind < 4 or (select true from users where uuid = account) is null) -- not exists would read all users
	order by until limit ` + purgeBatch + ` for update skip locked
), deleted_limits as (
	delete from limits where ctid = any (array (select ctid from expired_limits)) returning 1 -- locked, so they stay where they are
)
select (select count(*) from deleted_limits),
	coalesce((select to_char(max(until) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') from expired_limits), '')`

// PurgeLimits deletes counters that nobody needs any more.
func (db *DB) PurgeLimits(ctx context.Context, kind user.CounterKind, before time.Time, after string) (user.PurgedBatch, error) {
	return db.purge(ctx, query{"purge limits", sqlPurgeLimits, named{{"kind", int32(kind)}, {"before", before}, {"after", after}}}) // #nosec G115 -- 0 to 4
}

const sqlPurgeResets statement = `
with expired_resets as (
	select hash from resets where hash > decode(@after, 'hex') and expires_at <= @now order by hash limit ` + purgeBatch + ` for update skip locked
), deleted_resets as (
	delete from resets where hash = any (array (select hash from expired_resets)) returning 1
)
select (select count(*) from deleted_resets), coalesce((select encode(hash, 'hex') from expired_resets order by hash desc limit 1), '')`

// PurgeResets deletes reset tokens that have expired.
func (db *DB) PurgeResets(ctx context.Context, now time.Time, after string) (user.PurgedBatch, error) {
	return db.purge(ctx, query{"purge resets", sqlPurgeResets, named{{"now", now}, {"after", after}}})
}

const sqlPurgeSessions statement = `
with ended_sessions as (
	select s.id from sessions s join users u on u.id = s.user_id
	where s.id > @after and (s.ends_at <= @now or s.idle_ends_at <= @now or s.version <> u.token_version)
	order by s.id limit ` + purgeBatch + ` for update of s skip locked
), deleted_sessions as (
	delete from sessions where id = any (array (select id from ended_sessions)) returning 1
)
select (select count(*) from deleted_sessions), coalesce((select id::text from ended_sessions order by id desc limit 1), '')`

// PurgeSessions deletes sessions that have ended.
func (db *DB) PurgeSessions(ctx context.Context, now time.Time, after string) (user.PurgedBatch, error) {
	return db.purge(ctx, query{"purge sessions", sqlPurgeSessions, named{{"now", now}, {"after", cmp.Or(after, nilUUID)}}})
}

const sqlPurgeDevices statement = `
with forgotten_devices as (
	select d.hash from devices d join users u on u.id = d.user_id
	where d.hash > decode(@after, 'hex') and (d.last_used_at <= @before or d.version <> u.token_version)
	order by d.hash limit ` + purgeBatch + ` for update of d skip locked
), deleted_devices as (
	delete from devices where hash = any (array (select hash from forgotten_devices)) returning 1
)
select (select count(*) from deleted_devices), coalesce((select encode(hash, 'hex') from forgotten_devices order by hash desc limit 1), '')`

// PurgeDevices deletes devices that are no longer known.
func (db *DB) PurgeDevices(ctx context.Context, lastUsedBefore time.Time, after string) (user.PurgedBatch, error) {
	return db.purge(ctx, query{"purge devices", sqlPurgeDevices, named{{"before", lastUsedBefore}, {"after", after}}})
}

func (db *DB) purge(ctx context.Context, q query) (b user.PurgedBatch, err error) {
	_, err = db.queryRow(ctx, q, &b.Rows, &b.Last)
	return b, err
}
