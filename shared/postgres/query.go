package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// query is a statement with its arguments.
type query struct {
	purpose string // such as "create a user"; the text of an error begins with it
	sql     statement
	args    named
}

// querier is the pool or a transaction. A transaction sends unnamed statements.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// bulkStatements is a transaction whose statements have long arrays. They are sent
// in binary, which PostgreSQL reads in a fraction of the time; for that pgx asks once
// for the types of a statement's arguments.
type bulkStatements struct {
	pgx.Tx
	mode pgx.QueryExecMode
}

// bulk returns the transaction for long arrays.
func (db *DB) bulk(tx pgx.Tx) bulkStatements {
	if db.unnamed.Load() {
		return bulkStatements{tx, pgx.QueryExecModeCacheDescribe}
	}
	return bulkStatements{tx, pgx.QueryExecModeCacheStatement}
}

// send sends the query. Nothing else in this package sends SQL.
func (q query) send(ctx context.Context, to querier) (pgx.Rows, error) {
	sql, values, err := q.sql.bind(q.args)
	if err != nil {
		return nil, err
	}
	switch to := to.(type) {
	case namedStatements:
		values = append([]any{pgx.QueryExecModeCacheStatement}, values...)
	case bulkStatements:
		values = append([]any{to.mode}, values...)
	}
	return to.Query(ctx, sql, values...)
}

// exec runs the query and ignores its rows.
func (q query) exec(ctx context.Context, on querier) error {
	rows, err := q.send(ctx, on)
	if err != nil {
		return err
	}
	rows.Close()
	return rows.Err()
}

// exec runs a query and ignores its rows.
func (db *DB) exec(ctx context.Context, q query) error {
	return db.retry(ctx, q.purpose, func() error { return q.exec(ctx, db.prepared()) })
}

// queryRow runs a query that returns at most one row. It scans the row and
// reports whether there was one.
func (db *DB) queryRow(ctx context.Context, q query, dest ...any) (found bool, err error) {
	err = db.retry(ctx, q.purpose, func() error {
		rows, err := q.send(ctx, db.prepared())
		if err != nil {
			return err
		}
		_, err = pgx.CollectOneRow(rows, func(row pgx.CollectableRow) (any, error) { return nil, row.Scan(dest...) })
		if found = err == nil; errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return found, err
}

// collect runs a query and returns its rows.
func collect[T any](ctx context.Context, db *DB, q query, scan pgx.RowToFunc[T]) (all []T, err error) {
	err = db.retry(ctx, q.purpose, func() error {
		rows, err := q.send(ctx, db.prepared())
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, scan)
		return err
	})
	return all, err
}

// maxAttempts is how often a statement is run that the server rolls back in
// favour of another one.
const maxAttempts = 3

// retry runs one statement and turns its error into a fault. It runs the
// statement again only when the server says that it did nothing:
//   - It refused the login. The URL is read again, once, for a new password.
//   - It is read-only, has ended an idle session, or accepts no connections just
//     now: see didNothing. Another connection may lead to another server.
//   - A lock was not free in time. It is tried once more.
//   - It rolled the statement back because of a conflict or a deadlock.
//   - It does not know a prepared statement: see prepared.go.
//
// A database that let no connection in, at the last attempt too, is logged.
func (db *DB) retry(ctx context.Context, purpose string, run func() error) error {
	err := run()
	if isLoginRefused(err) {
		if _, e := db.source(ctx, true); e != nil {
			logRefusal(ctx, err)
			return asFault(purpose, errors.Join(err, e))
		}
		err = run()
	}
	if didNothing(err) {
		db.pool.Reset() // connections of the same age lead to the same server
		err = run()
	}
	if db.lostPrepared(ctx, err) || isStalePlan(err) {
		err = run()
	}
	if isLockTimeout(err) {
		err = run()
	}
	for n := 1; n < maxAttempts && isRolledBack(err); n++ {
		err = run()
	}
	logRefusal(ctx, err)
	return asFault(purpose, err)
}
