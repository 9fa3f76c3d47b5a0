package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const sqlPing statement = `select current_setting('transaction_read_only')::boolean`

// Ping checks that a new connection can be made, and that its server takes
// writes. A replica, or a server that was made read-only, is Unavailable.
//
// Ping makes a connection of its own and closes it. A connection of the pool
// would stay open while Lambda keeps the sandbox frozen, and anybody may ask for
// health: 120 sandboxes held 97 of 100 connections.
func (db *DB) Ping(ctx context.Context) error {
	return db.retry(ctx, "ping", func() error {
		if db.closed.Load() {
			return errors.New("closed pool")
		}
		cfg := db.pool.Config().ConnConfig // a copy
		if err := db.setCredentials(ctx, cfg); err != nil {
			return err
		}
		conn, err := pgx.ConnectConfig(ctx, cfg)
		if err != nil {
			return err
		}
		defer conn.Close(ctx) // #nosec G104 -- the connection ends in any case
		rows, err := query{"ping", sqlPing, nil}.send(ctx, conn)
		if err != nil {
			return err
		}
		readOnly, err := pgx.CollectOneRow(rows, pgx.RowTo[bool])
		if err == nil && readOnly {
			err = &pgconn.PgError{Severity: "ERROR", Code: readOnlyTransaction, Message: "the server takes no writes"}
		}
		return err
	})
}
