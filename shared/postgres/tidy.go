package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/user"
)

// It passes over what is locked, so it waits for nobody and nobody can wait for
// each other by it.
const sqlTidy = `
with old as (
	select key from limits where until < $1 and (not backoff or until < $2 and in_a_row < most)
	order by until limit $4 for update skip locked
), forgotten as (
	delete from limits where key in (select key from old) returning 1
), dead as (
	select hash from resets where expires_at <= $3 limit $4 for update skip locked
), gone as (
	delete from resets where hash in (select hash from dead) returning 1
), over as (
	select s.id from sessions s join users u on u.id = s.user_id
	where s.ends_at <= $3 or s.idle_ends_at <= $3 or s.version <> u.token_version limit $4 for update of s skip locked
), ended as (
	delete from sessions where id in (select id from over) returning 1
)
select (select count(*) from forgotten), (select count(*) from gone), (select count(*) from ended)`

// Tidy removes one batch of budgets, reset tokens and sessions that have had
// their time.
func (db *DB) PurgeExpired(ctx context.Context, windows, rows, now time.Time, most int) (t user.Purged, err error) {
	_, err = db.query(ctx, "tidy up", func(row pgx.Row) error { return row.Scan(&t.Limits, &t.Resets, &t.Sessions) }, sqlTidy, windows, rows, now, most)
	return t, err
}
