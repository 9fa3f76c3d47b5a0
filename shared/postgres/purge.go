package postgres

import (
	"context"
	"time"

	"roster/shared/user"
)

// It skips locked rows, so it waits for nobody and causes no deadlock.
const sqlPurgeExpired statement = `
with expired_limits as (
	select key from limits where until < @windows_before and (not backoff or until < @rows_before and in_a_row < most)
	order by until limit @batch for update skip locked
), deleted_limits as (
	delete from limits where key in (select key from expired_limits) returning 1
), expired_resets as (
	select hash from resets where expires_at <= @now limit @batch for update skip locked
), deleted_resets as (
	delete from resets where hash in (select hash from expired_resets) returning 1
), ended_sessions as (
	select s.id from sessions s join users u on u.id = s.user_id
	where s.ends_at <= @now or s.idle_ends_at <= @now or s.version <> u.token_version limit @batch for update of s skip locked
), deleted_sessions as (
	delete from sessions where id in (select id from ended_sessions) returning 1
)
select (select count(*) from deleted_limits), (select count(*) from deleted_resets), (select count(*) from deleted_sessions)`

// PurgeExpired deletes one batch of expired budgets, reset tokens and sessions.
func (db *DB) PurgeExpired(ctx context.Context, windows, rows, now time.Time, batch int) (p user.Purged, err error) {
	_, err = db.queryRow(ctx, query{"purge expired rows", sqlPurgeExpired, named{
		{"windows_before", windows}, {"rows_before", rows}, {"now", now}, {"batch", batch},
	}}, &p.Limits, &p.Resets, &p.Sessions)
	return p, err
}
