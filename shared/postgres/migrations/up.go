package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"roster/shared/postgres/dburl"
)

// migrationLock is the key of the advisory lock that a migrating session
// holds. Its value means nothing, but it must be the same in every release.
const migrationLock = 7283469120

// ownerURL names the variables that the URL of the migrating role comes from.
const ownerURL = "MIGRATE_DATABASE_URL (DATABASE_URL, where that is not given)"

// Up brings the schema up to date and returns the names of the migrations that
// it applied, none when there was nothing to do. Two runs at the same moment
// wait for each other. Up also moves a sequence that is behind its table, as after
// a restored dump. It refuses a database whose encoding is not UTF-8. It needs a
// direct connection: its advisory lock belongs to the session, which a pooler may
// give to another client.
func Up(ctx context.Context, url string, access dburl.Access) ([]string, error) {
	return Watched{}.Up(ctx, url, access)
}

// up is Up with options of goose.
func up(ctx context.Context, url string, access dburl.Access, options ...goose.ProviderOption) ([]string, error) {
	cfg, err := access.Config(ownerURL, url)
	if err != nil {
		return nil, err
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = applicationName
	db := open(cfg.ConnConfig, access)
	defer db.Close()

	if err := checkEncoding(ctx, db); err != nil {
		return nil, fmt.Errorf("migrate: %w", dburl.Explain(err))
	}
	store, err := newVersions()
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider("", db, Files, append(options, goose.WithStore(store))...)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) { // what was applied before the failure stays
		results = partial.Applied
	}
	applied := make([]string, 0, len(results))
	for _, r := range results {
		applied = append(applied, r.Source.Path)
	}
	if err != nil {
		return applied, fmt.Errorf("migrate: %w", dburl.Explain(err))
	}
	if err := repairSequences(ctx, db); err != nil {
		return applied, fmt.Errorf("migrate: %w", dburl.Explain(err))
	}
	return applied, nil
}

func open(cfg *pgx.ConnConfig, access dburl.Access) *sql.DB {
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	return stdlib.OpenDB(*cfg, stdlib.OptionBeforeConnect(access.Login))
}

// applicationName is how pg_stat_activity shows a session that migrates.
const applicationName = "roster migrations"

// locker waits for the lock in the server. The locker of goose polls, every
// five seconds.
type locker struct {
	wait time.Duration // 0 waits for ever
}

func (l locker) SessionLock(ctx context.Context, conn *sql.Conn) error {
	// If a run is killed, the server goes on with its statement, and holds the
	// lock until that is done. With this setting it looks every two seconds whether
	// the run is still there. Not every platform of PostgreSQL has it.
	_, _ = conn.ExecContext(ctx, "set client_connection_check_interval = '2s'")
	// A migration may take longer than a request is allowed to. If one role does
	// both, it has the timeouts of the functions.
	wait := fmt.Sprintf("set lock_timeout = %d", l.wait.Milliseconds())
	for _, q := range []string{wait, "set statement_timeout = 0", "set idle_session_timeout = 0"} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return explainHeldLock(ctx, conn, err)
	}
	_, err := conn.ExecContext(ctx, "set lock_timeout = 0")
	return err
}

const sqlHolder = `
select coalesce(string_agg(format('process %s, %s, since %s', a.pid, a.application_name, a.backend_start), '; '), 'it has just ended')
from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and (l.classid::bigint << 32 | l.objid::bigint) = $1`

// explainHeldLock says who holds the lock, if that is why it was not got in time.
func explainHeldLock(ctx context.Context, conn *sql.Conn, err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "55P03" {
		return err
	}
	var holder string
	if e := conn.QueryRowContext(ctx, sqlHolder, int64(migrationLock)).Scan(&holder); e != nil {
		return errors.Join(err, e)
	}
	return fmt.Errorf("another run migrates, so this one has done nothing (%s)", holder)
}

func (locker) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "select pg_advisory_unlock($1)", int64(migrationLock))
	return err
}

// locked runs f in a transaction that holds the lock of the migrations. PostgreSQL
// refuses to alter one role twice at the same moment ("tuple concurrently
// updated").
func locked(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, q := range []string{"set local lock_timeout = 0", "set local statement_timeout = 0"} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "select pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}
