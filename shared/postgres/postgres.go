// Package postgres stores accounts in PostgreSQL. Each exported method of DB is
// one statement or one transaction, and its SQL stands beside it:
//
//	db, err := postgres.Open(ctx, url)
//	u, err := db.UserByUsername(ctx, "ann")
//
// It refuses session state, so that it works through PgBouncer in transaction
// mode. The one exception is prepared statements, which it gives up where they are
// not kept (prepared.go); docs/database.md says what other poolers do. It refuses
// to decide who may do what (package user does), and to retry a write whose
// outcome is unknown.
package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"roster/shared/postgres/dburl"
	"roster/shared/user"
)

// DB is a pool of connections. It connects at the first statement.
type DB struct {
	pool   *pgxpool.Pool
	source Source
	access dburl.Access
	closed atomic.Bool

	unnamed  atomic.Bool // statements are not prepared
	auditKey []byte
}

// Source returns the database's URL. With fresh it returns one that does not
// come from a cache: the server has refused the login.
type Source func(ctx context.Context, fresh bool) (url string, err error)

// Options are what the URL does not say.
type Options struct {
	Access dburl.Access
	// Concurrency is how many requests this process serves at a time. That is how
	// many connections it keeps, unless the URL has pool_max_conns. 0 means 1.
	Concurrency int32
	// AuditKey keys the MACs of the audit log's entries. Without it they have
	// none.
	AuditKey []byte
	// Unprepared sends each statement unnamed.
	Unprepared bool
}

const urlVariable = "DATABASE_URL"

// Open returns a DB for the URL. It does not connect.
func Open(ctx context.Context, url string) (*DB, error) {
	return OpenSource(ctx, func(context.Context, bool) (string, error) { return url, nil }, Options{})
}

// OpenSource returns a DB that takes its URL from the source. It asks again
// when a login is refused, as after a rotation of the password.
func OpenSource(ctx context.Context, source Source, o Options) (*DB, error) {
	url, err := source(ctx, false)
	if err != nil {
		return nil, err
	}
	cfg, err := o.Access.Config(urlVariable, url)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = max(1, o.Concurrency)
	}
	cfg.MinConns, cfg.MinIdleConns = 0, 0
	cfg.MaxConnIdleTime, cfg.MaxConnLifetime = 5*time.Minute, 30*time.Minute
	cfg.PingTimeout = checkTimeout
	cfg.ShouldPing = isBroken
	cfg.ConnConfig.OnPgError = mayStayOpen
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	if cfg.ConnConfig.ConnectTimeout == 0 || cfg.ConnConfig.ConnectTimeout > connectTimeout {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	db := &DB{source: source, access: o.Access, auditKey: o.AuditKey}
	db.unnamed.Store(o.Unprepared)
	cfg.BeforeConnect = db.setCredentials
	if db.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, fmt.Errorf("open the pool: %w", err)
	}
	return db, nil
}

// Close closes every connection. Every method returns Unavailable afterwards.
func (db *DB) Close() {
	db.closed.Store(true)
	db.pool.Close()
}

var _ interface {
	user.RegisterStore
	user.LoginStore
	user.ResetStore
	user.Seeder
	user.Updater
	user.Deleter
	user.Refresher
	user.LogoutStore
	user.SessionLister
	user.SessionEnder
	user.DataExporter
	user.Lister
	user.Pinger
} = (*DB)(nil)
