// Package postgres stores accounts in PostgreSQL. Each exported method of DB is
// one statement or one transaction, and its SQL stands beside it:
//
//	db, err := postgres.Open(ctx, url)
//	u, err := db.UserByUsername(ctx, "ann")
//
// It refuses prepared statements and any other session state, so that it works
// through PgBouncer and RDS Proxy in transaction mode. It refuses to decide who
// may do what (package user does), and to retry a write whose outcome is
// unknown.
package postgres

import (
	"context"
	"fmt"
	"strings"
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
}

// Source returns the database's URL. With fresh it returns one that does not
// come from a cache: the server has refused the login.
type Source func(ctx context.Context, fresh bool) (url string, err error)

const (
	urlVariable     = "DATABASE_URL"
	defaultMaxConns = 4
)

// Open returns a DB for the URL. It does not connect.
func Open(ctx context.Context, url string) (*DB, error) {
	return OpenSource(ctx, func(context.Context, bool) (string, error) { return url, nil })
}

// OpenSource returns a DB that takes its URL from the source. It asks again
// when a login is refused, as after a rotation of the password.
func OpenSource(ctx context.Context, source Source) (*DB, error) {
	url, err := source(ctx, false)
	if err != nil {
		return nil, err
	}
	cfg, err := dburl.Parse(urlVariable, url)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = defaultMaxConns
	}
	cfg.MinConns, cfg.MinIdleConns = 0, 0
	cfg.MaxConnIdleTime, cfg.MaxConnLifetime = 5*time.Minute, 30*time.Minute
	cfg.PingTimeout = checkTimeout
	cfg.ShouldPing = isBroken
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	if cfg.ConnConfig.ConnectTimeout == 0 || cfg.ConnConfig.ConnectTimeout > connectTimeout {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	cfg.BeforeConnect = func(ctx context.Context, c *pgx.ConnConfig) error { return setCredentials(ctx, source, c) }
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the pool: %w", err)
	}
	return &DB{pool: pool, source: source}, nil
}

// Close closes every connection.
func (db *DB) Close() { db.pool.Close() }

const sqlPing statement = `select 1`

// Ping asks the server for an answer.
func (db *DB) Ping(ctx context.Context) error {
	return db.exec(ctx, query{"ping", sqlPing, nil})
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
	user.Pinger
} = (*DB)(nil)
