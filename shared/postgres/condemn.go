package postgres

import (
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// condemned are the SQLSTATEs, by their beginnings, after which a connection is
// not used again: it leads to a server that has become a replica, is going away
// or cannot be reached. A new one asks DNS anew, and so finds the server that has
// taken over.
var condemned = []string{
	readOnly,
	"57P01", // admin_shutdown
	"57P02", // crash_shutdown
	"57P03", // cannot_connect_now
	idled,
	"08", // connection exception; a pooler's word for a server that it lost
}

const (
	readOnly = "25006" // read_only_sql_transaction
	idled    = "57P05" // idle_session_timeout
)

// keep reports whether a connection is good for more after an error of the
// server. pgx closes it otherwise, and the pool throws it away.
func keep(_ *pgconn.PgConn, err *pgconn.PgError) bool {
	if err.SeverityUnlocalized == "FATAL" || err.Severity == "FATAL" { // pgx's own rule, which this replaces
		return false
	}
	return !hasState(err, condemned...)
}

func hasState(err error, states ...string) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	for _, state := range states {
		if strings.HasPrefix(pg.Code, state) {
			return true
		}
	}
	return false
}

// didNothing reports an error after which the statement may be run once more,
// on another connection, because the server certainly did nothing of it:
//
//   - it refused the write, being read-only
//   - it had ended the session, which was idle for too long
//   - it refused the connection, as a server does that starts or stops
//
// A server that leaves (57P01) while the statement runs has most likely rolled
// it back, and a connection that breaks tells nothing: neither is tried again.
// pgconn.SafeToRetry is not asked, because pgx 5.9 to 5.12 say yes to a COMMIT
// whose answer was lost.
func didNothing(err error) bool {
	var connect *pgconn.ConnectError
	return hasState(err, readOnly, idled) || errors.As(err, &connect) && hasState(err, "57P01", "57P02", "57P03", "08")
}

// again prepares for another try: the connections of the same age lead to the
// same server.
func (db *DB) again(err error) bool {
	if !didNothing(err) {
		return false
	}
	db.pool.Reset()
	return true
}

// usedAt is where a connection notes the time of its last use.
const usedAt = "used at"

// idleFor returns how long a connection was idle. The pool measures that by a
// clock that may stand still while Lambda has frozen the sandbox, so the wall
// clock is asked, too.
func idleFor(c *pgx.Conn, measured time.Duration, now time.Time) time.Duration {
	data := c.PgConn().CustomData()
	now = now.Round(0) // the wall clock alone
	last, known := data[usedAt].(time.Time)
	data[usedAt] = now
	if !known {
		return measured
	}
	return max(measured, now.Sub(last))
}
