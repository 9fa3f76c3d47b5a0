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
	name, url  string
	functions  string    // URL with the functions' role
	conn       *pgx.Conn // ours, for deleting the rows and for marks in the log
	emptySQL   string    // SQL that deletes all rows
	schemaHash string    // to notice a changed schema
}

// acquire returns a migrated and empty database: one that an earlier test has released, or a new one.
func (m *harness) acquire(ctx context.Context) (*database, error) {
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

func (m *harness) clone(ctx context.Context) (*database, error) {
	db := &database{name: m.newName()}
	db.url = m.url(db.name)
	if err := m.exec(ctx, "CREATE DATABASE "+db.name+" TEMPLATE "+m.template); err != nil {
		return nil, err
	}
	if err := m.setUpFunctionsRole(ctx, db); err != nil {
		return nil, err
	}
	if m.server != nil {
		// Before the first connection, because the setting does not apply to open connections.
		if err := m.exec(ctx, "ALTER DATABASE "+db.name+" SET log_statement = 'all'"); err != nil {
			return nil, err
		}
	}
	var err error
	if db.conn, err = m.dial(ctx, db.url); err != nil {
		return nil, err
	}
	if db.schemaHash, err = schemaHashOf(ctx, db.conn); err != nil {
		return nil, err
	}
	db.emptySQL, err = emptyStatements(ctx, db.conn)
	return db, err
}

// setUpFunctionsRole gives the functions' role its privileges and timeouts. CREATE DATABASE does not copy the settings of ALTER
// ROLE … IN DATABASE. With TEST_DATABASE_URL there is one role for everything: it must be able to empty all tables, and its
// connections may be idle for long.
func (m *harness) setUpFunctionsRole(ctx context.Context, db *database) error {
	if m.server != nil {
		db.functions = withRole(Role, db.url)
		return migrations.Grant(ctx, db.url, db.functions, dburl.Access{})
	}
	db.functions = db.url
	if err := m.exec(ctx, "ALTER ROLE CURRENT_USER IN DATABASE "+db.name+" SET idle_session_timeout = 0"); err != nil {
		return err
	}
	return migrations.SetRoleDefaults(ctx, db.url, dburl.Access{})
}

func (m *harness) discard(ctx context.Context, db *database) error {
	_ = db.conn.Close(ctx) // it may be closed already
	return m.drop(ctx, db.name)
}

// ourRelations selects the relations of the migrations, without their table of versions.
const ourRelations = `nspname <> 'information_schema' AND NOT starts_with(nspname, 'pg_') AND NOT starts_with(relname, '` + migrations.VersionTable + `')`

func tablesToEmpty(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, `SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE relkind = 'r' AND `+ourRelations+` ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// headsTable is the one table that the migrations fill, with the sixteen chains of the audit log.
const headsTable = "public.audit_heads"

// emptyStatements returns one statement that deletes from all tables, and makes headsTable as it was. Foreign keys are checked at its end, so the order of the tables does
// not matter. Sequences start again, so that tests can rely on ids.
func emptyStatements(ctx context.Context, conn *pgx.Conn) (string, error) {
	tables, err := tablesToEmpty(ctx, conn)
	if err != nil {
		return "", err
	}
	deletes := make([]string, len(tables))
	for i, table := range tables {
		deletes[i] = fmt.Sprintf("d%d AS (DELETE FROM %s)", i, table)
		if table == headsTable {
			deletes[i] = fmt.Sprintf(`d%d AS (DELETE FROM %s WHERE chain NOT BETWEEN 0 AND 15), h%d AS (INSERT INTO %s (chain, seq, digest, hash)
				SELECT chain, 0, '', '' FROM generate_series(0, 15) AS chain ON CONFLICT (chain) DO UPDATE SET seq = 0, digest = '', hash = '')`, i, table, i, table)
		}
	}
	sql := `SELECT setval(c.oid, seqstart, false) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		JOIN pg_sequence ON seqrelid = c.oid WHERE ` + ourRelations
	if len(deletes) > 0 {
		sql = "WITH " + strings.Join(deletes, ", ") + " " + sql
	}
	return sql, nil
}

// schemaHashOf hashes the columns, constraints, triggers and functions, to notice a test that changed them. It includes their object ids,
// which PostgreSQL does not use twice.
func schemaHashOf(ctx context.Context, conn *pgx.Conn) (shape string, err error) {
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
