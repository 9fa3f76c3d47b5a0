package migrations

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
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
// wait for each other. It needs a direct connection: its advisory lock belongs to
// the session, which a pooler may give to another client.
func Up(ctx context.Context, url string, access dburl.Access) ([]string, error) {
	cfg, err := access.Config(ownerURL, url)
	if err != nil {
		return nil, err
	}
	db := open(cfg.ConnConfig, access)
	defer db.Close()

	provider, err := goose.NewProvider(goose.DialectPostgres, db, Files, goose.WithSessionLocker(locker{}))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", dburl.Explain(err))
	}
	applied := make([]string, 0, len(results))
	for _, r := range results {
		applied = append(applied, r.Source.Path)
	}
	return applied, nil
}

func open(cfg *pgx.ConnConfig, access dburl.Access) *sql.DB {
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	return stdlib.OpenDB(*cfg, stdlib.OptionBeforeConnect(access.Login))
}

// locker waits for the lock in the server. The locker of goose polls, every
// five seconds.
type locker struct{}

func (locker) SessionLock(ctx context.Context, conn *sql.Conn) error {
	// A migration may take longer than a request is allowed to. If one role does
	// both, it has the timeouts of the functions.
	for _, q := range []string{"set lock_timeout = 0", "set statement_timeout = 0", "set idle_session_timeout = 0"} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	_, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", int64(migrationLock))
	return err
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
