package postgrestest

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

// database is a clone of the template.
type database struct {
	name, url string
	functions string    // the URL of the functions' role
	conn      *pgx.Conn // our own, for emptying and for marks in the log
	empty     string    // the statements that empty it
	shape     string    // its schema, in short
}

// take returns a migrated and empty database: one that an earlier test has given back, or a new one.
func (m *machine) take(ctx context.Context) (*database, error) {
	m.mu.Lock()
	if n := len(m.free); n > 0 {
		db := m.free[n-1]
		m.free = m.free[:n-1]
		m.mu.Unlock()
		return db, nil
	}
	m.mu.Unlock()
	return m.clone(ctx)
}

func (m *machine) clone(ctx context.Context) (*database, error) {
	db := &database{name: m.newName()}
	db.url = m.url(db.name)
	if err := m.exec(ctx, "CREATE DATABASE "+db.name+" TEMPLATE "+m.template); err != nil {
		return nil, err
	}
	// A clone lacks what was set by ALTER ROLE … IN DATABASE. There is nothing to migrate.
	if err := m.bound(ctx, db); err != nil {
		return nil, err
	}
	if m.server != nil {
		// From the first connection on, because a setting of the database does not reach those that are open.
		if err := m.exec(ctx, "ALTER DATABASE "+db.name+" SET log_statement = 'all'"); err != nil {
			return nil, err
		}
	}
	var err error
	if db.conn, err = m.dial(ctx, db.url); err != nil {
		return nil, err
	}
	if db.shape, err = shapeOf(ctx, db.conn); err != nil {
		return nil, err
	}
	db.empty, err = emptyStatements(ctx, db.conn)
	return db, err
}

// bound gives the functions' role its rights and timeouts. With TEST_DATABASE_URL that is our own role, which must still empty
// all tables and may be idle for long.
func (m *machine) bound(ctx context.Context, db *database) error {
	if m.server != nil {
		db.functions = as(Role, db.url)
		return migrations.Grant(ctx, db.url, db.functions, dburl.Access{})
	}
	db.functions = db.url
	if err := m.exec(ctx, "ALTER ROLE CURRENT_USER IN DATABASE "+db.name+" SET idle_session_timeout = 0"); err != nil {
		return err
	}
	return migrations.SetTimeouts(ctx, db.url, dburl.Access{})
}

func (m *machine) discard(ctx context.Context, db *database) error {
	_ = db.conn.Close(ctx) // it may be dead already
	return m.drop(ctx, db.name)
}

// ours picks what the migrations made, save goose's own book.
const ours = `nspname <> 'information_schema' AND NOT starts_with(nspname, 'pg_') AND NOT starts_with(relname, 'goose_db_version')`

func tablesToEmpty(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, `SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE relkind = 'r' AND `+ours+` ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// emptyStatements deletes from all tables at once: foreign keys are checked when the whole statement is done, so no order has
// to be found. Sequences begin again, so that tests may know their ids.
func emptyStatements(ctx context.Context, conn *pgx.Conn) (string, error) {
	tables, err := tablesToEmpty(ctx, conn)
	if err != nil {
		return "", err
	}
	deletes := make([]string, len(tables))
	for i, table := range tables {
		deletes[i] = fmt.Sprintf("d%d AS (DELETE FROM %s)", i, table)
	}
	sql := `SELECT setval(c.oid, seqstart, false) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		JOIN pg_sequence ON seqrelid = c.oid WHERE ` + ours
	if len(deletes) > 0 {
		sql = "WITH " + strings.Join(deletes, ", ") + " " + sql
	}
	return sql, nil
}

// shapeOf sums the schema up, so that a test that changed it is noticed: columns, constraints, triggers and functions, with
// PostgreSQL's numbers, which are never used twice.
func shapeOf(ctx context.Context, conn *pgx.Conn) (shape string, err error) {
	err = conn.QueryRow(ctx, `WITH ours AS (
		SELECT c.oid, relname, nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE nspname <> 'information_schema' AND NOT starts_with(nspname, 'pg_')
	)
	SELECT md5(coalesce(string_agg(line, ' ' ORDER BY line), '')) FROM (
		SELECT concat_ws(' ', oid, relname, attname, atttypid, atttypmod, attnotnull, atthasdef)
		FROM ours JOIN pg_attribute ON attrelid = oid WHERE attnum > 0
		UNION ALL SELECT concat_ws(' ', c.oid, conname) FROM ours JOIN pg_constraint c ON conrelid = ours.oid
		UNION ALL SELECT concat_ws(' ', t.oid, tgname, tgenabled) FROM ours JOIN pg_trigger t ON tgrelid = ours.oid
		UNION ALL SELECT concat_ws(' ', p.oid, proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
		WHERE nspname <> 'information_schema' AND NOT starts_with(nspname, 'pg_')
	) AS lines (line)`).Scan(&shape)
	return shape, err
}
