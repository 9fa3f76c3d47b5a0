package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const sqlPing = `select current_setting('transaction_read_only')::boolean`

// Ping reports whether a new connection can be had and its server takes writes.
// A replica, and a server that was made read-only, is an outage.
//
// Its connection is its own and is closed before it returns. One in the pool
// would stay open for as long as Lambda keeps the sandbox frozen, and anybody
// may ask for health: 120 sandboxes of it held 97 of 100 connections.
func (db *DB) Ping(ctx context.Context) error {
	return db.do(ctx, "ping", func() error {
		if db.closed.Load() {
			return errors.New("closed pool")
		}
		cfg := db.pool.Config().ConnConfig // a copy
		if err := db.login(ctx, cfg); err != nil {
			return err
		}
		conn, err := pgx.ConnectConfig(ctx, cfg)
		if err != nil {
			return err
		}
		defer conn.Close(ctx) // #nosec G104 -- it is over either way
		var refuses bool
		if err := conn.QueryRow(ctx, sqlPing).Scan(&refuses); err != nil {
			return err
		}
		if refuses {
			return &pgconn.PgError{Severity: "ERROR", Code: readOnly, Message: "the server takes no writes"}
		}
		return nil
	})
}
