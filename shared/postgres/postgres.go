// Package postgres stores accounts in PostgreSQL. Each exported method of DB is
// one statement or one transaction, and its SQL stands beside it.
//
// It refuses prepared statements that have a name and any session state, so that
// it works through PgBouncer in transaction mode (docs/database.md says what
// other poolers do); it refuses to decide who may do what (package user does) and
// to retry a write whose fate is unknown.
package postgres

import (
	"context"
	"errors"
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
}

// Source gives the database's URL; fresh asks for one that is not from a
// cache, after the server refused the login.
type Source func(ctx context.Context, fresh bool) (url string, err error)

const (
	connectTimeout = 2 * time.Second
	// idleBeforeCheck is how long a connection may have been idle (its
	// sandbox frozen, perhaps) before it must show that it is alive.
	idleBeforeCheck = 10 * time.Second
	checkTimeout    = time.Second
)

// Open returns a DB for the URL. It does not connect.
func Open(ctx context.Context, url string) (*DB, error) {
	return OpenSource(ctx, func(context.Context, bool) (string, error) { return url, nil }, Options{})
}

// Options are what the URL does not say.
type Options struct {
	Access dburl.Access
	// Concurrency is how many requests this process serves at a time, and so how
	// many connections it keeps. 0 is 1. pool_max_conns in the URL goes before it.
	Concurrency int32
}

// OpenSource returns a DB that asks the source for its URL, and asks again
// when a login is refused, as after the rotation of the password.
func OpenSource(ctx context.Context, source Source, o Options) (*DB, error) {
	url, err := source(ctx, false)
	if err != nil {
		return nil, err
	}
	cfg, err := o.Access.Config("DATABASE_URL", url)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = max(1, o.Concurrency)
	}
	cfg.MinConns, cfg.MinIdleConns = 0, 0
	cfg.MaxConnIdleTime, cfg.MaxConnLifetime = 5*time.Minute, 30*time.Minute
	cfg.PingTimeout = checkTimeout
	cfg.ShouldPing = dead
	cfg.ConnConfig.OnPgError = keep
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	if cfg.ConnConfig.ConnectTimeout == 0 || cfg.ConnConfig.ConnectTimeout > connectTimeout {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	db := &DB{source: source, access: o.Access}
	cfg.BeforeConnect = db.login
	if db.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, fmt.Errorf("open the pool: %w", err)
	}
	return db, nil
}

// Close closes every connection. What is asked afterwards is Unavailable.
func (db *DB) Close() {
	db.closed.Store(true)
	db.pool.Close()
}

// login puts the source's user and password, or a token, into the configuration
// of a connection that is about to be made.
func (db *DB) login(ctx context.Context, c *pgx.ConnConfig) error {
	url, err := db.source(ctx, false)
	if err != nil {
		return unavailable(fmt.Errorf("read the database's URL: %w", err))
	}
	now, err := dburl.Parse("DATABASE_URL", url)
	if err != nil {
		return err
	}
	c.User, c.Password = now.ConnConfig.User, now.ConnConfig.Password
	return db.access.Login(ctx, c)
}

// dead checks a connection that was idle for long, or on which the server has
// said something while nobody asked, which is most often goodbye: an empty
// pipeline is one round trip and no statement. What it returns is pgxpool's
// question whether to ping; a ping on the connection that this has just broken
// fails at once.
func dead(ctx context.Context, p pgxpool.ShouldPingParams) bool {
	if idleFor(p.Conn, p.IdleDuration, time.Now()) < idleBeforeCheck && quiet(p.Conn.PgConn().Conn()) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	pipeline := p.Conn.PgConn().StartPipeline(ctx)
	err := pipeline.Sync()
	if err == nil {
		_, err = pipeline.GetResults()
	}
	return errors.Join(err, pipeline.Close()) != nil
}

// attempts is how often a statement is tried that the server rolled back for
// the sake of another one.
const attempts = 3

// do runs one statement and turns its error into a fault. It runs it again only
// when the server certainly did nothing: it refused the login (the source is
// asked again), was read-only or refused the connection (see didNothing), chose
// the statement as the victim of a conflict, or did not get it a lock in time.
// That one is tried once more: two that make the same rows at once may wait for
// each other, and then see each other's.
func (db *DB) do(ctx context.Context, what string, statement func() error) error {
	err := statement()
	if refusedLogin(err) {
		if _, e := db.source(ctx, true); e != nil {
			return asFault(what, errors.Join(err, e))
		}
		err = statement()
	}
	if db.again(err) {
		err = statement()
	}
	if lockNotHad(err) {
		err = statement()
	}
	for n := 1; n < attempts && rolledBack(err); n++ {
		err = statement()
	}
	return asFault(what, err)
}

// query runs a statement that returns at most one row and reports whether
// there was one.
func (db *DB) query(ctx context.Context, what string, scan func(pgx.Row) error, sql string, args ...any) (found bool, err error) {
	err = db.do(ctx, what, func() error {
		err := scan(db.pool.QueryRow(ctx, sql, args...))
		if found = err == nil; errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return found, err
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
