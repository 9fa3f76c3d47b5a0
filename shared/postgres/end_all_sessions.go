package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"roster/shared/audit"
	"roster/shared/user"
)

// sqlOperatorsWork lifts the functions' limits for one transaction of an
// operator, which may touch every row.
const sqlOperatorsWork statement = `
select set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true),
	set_config('idle_in_transaction_session_timeout', '0', true)`

// Incrementing token_version ends every session, also one that begins at the
// same moment: see sessionIsAlive. reset_version does the same for mailed links.
const sqlEndAllSessions statement = `
with updated_users as (
	update users set token_version = token_version + 1, reset_version = reset_version + 1 returning 1
), deleted_sessions as (
	delete from sessions returning 1
), deleted_resets as (
	delete from resets returning 1
), deleted_devices as (
	delete from devices
), subject as (
	select null::uuid as uuid
)` + auditCTE + `
select (select count(*) from updated_users), (select count(*) from deleted_sessions), (select count(*) from deleted_resets)`

// EndAllSessions ends the sessions and the mailed links of all accounts. It is
// for an operator and takes as long as it needs: it updates every account, and
// requests that change one of them are answered 503 meanwhile.
func (db *DB) EndAllSessions(ctx context.Context, event audit.Event) (ended user.AllEnded, err error) {
	q := query{"end all sessions", sqlEndAllSessions, db.audited(event, nil)}
	err = db.operatorsWork(ctx, q.purpose, func(tx pgx.Tx) error {
		rows, err := q.send(ctx, tx)
		if err != nil {
			return err
		}
		ended, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (e user.AllEnded, err error) {
			err = row.Scan(&e.Accounts, &e.Sessions, &e.Links)
			return e, err
		})
		return err
	})
	return ended, err
}

// operatorsWork runs a transaction without the functions' limits.
func (db *DB) operatorsWork(ctx context.Context, purpose string, run func(pgx.Tx) error) error {
	return db.workWith(ctx, purpose, sqlOperatorsWork, run)
}

// workWith runs a transaction with settings of its own.
func (db *DB) workWith(ctx context.Context, purpose string, settings statement, run func(pgx.Tx) error) error {
	return db.retry(ctx, purpose, func() error {
		return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
			if err := (query{sql: settings}).exec(ctx, tx); err != nil {
				return err
			}
			return run(tx)
		})
	})
}
