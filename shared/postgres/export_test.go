package postgres

import "context"

// Fault is fault, so that errors need not be brought about to be classified.
var Fault = asFault

// Dead is dead, so that no test has to leave a connection idle for long.
var Dead = dead

// Quiet is quiet, to be tried on sockets of all kinds.
var Quiet = quiet

// ListAuditSQL is sqlListAudit, to look at its plan.
const ListAuditSQL = sqlListAudit

// Exec runs a statement as each method does.
func (db *DB) Exec(ctx context.Context, sql string) error {
	return db.do(ctx, "try", func() error {
		_, err := db.pool.Exec(ctx, sql)
		return err
	})
}

// IdleFor is idleFor, to be asked at other times.
var IdleFor = idleFor
