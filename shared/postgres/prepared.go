package postgres

import (
	"context"
	"log/slog"
	"strings"
)

// Statements are prepared under a name that is a hash of their text, so that a
// name always means the same statement. PostgreSQL then parses each once for a
// connection, which is most of the work of a short statement.
//
// Some poolers give each statement another connection and keep no prepared
// statements. There the server says that the name is unknown, or that it exists
// already, and has done nothing. From then on this process sends unnamed
// statements.

// prepared returns the pool for statements that may be prepared.
func (db *DB) prepared() querier {
	if db.unnamed.Load() {
		return db.pool
	}
	return namedStatements{db.pool}
}

// namedStatements is a querier whose statements are prepared.
type namedStatements struct{ querier }

// lostPrepared reports that a prepared statement was lost, and logs it once.
func (db *DB) lostPrepared(ctx context.Context, err error) bool {
	if !hasCode(err, "26000", "42P05") { // invalid_sql_statement_name, duplicate_prepared_statement
		return false
	}
	if !db.unnamed.Swap(true) {
		slog.WarnContext(ctx, "the database does not keep prepared statements, so they are sent unnamed from now on", "error", err)
	}
	return true
}

// isStalePlan reports a prepared statement that was planned before a migration
// changed a table. pgx has forgotten it by now, and prepares it anew.
func isStalePlan(err error) bool {
	return hasCode(err, "0A000") && strings.Contains(err.Error(), "cached plan must not change result type")
}
