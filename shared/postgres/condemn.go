package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// The SQLSTATE codes of PostgreSQL's documentation, appendix A, after which a
// connection is closed. It leads to a server that has become a replica, stops or
// starts, or that a pooler has lost. A new connection looks the name up in DNS
// again, and so finds the server that has taken over.
const (
	readOnlyTransaction = "25006"
	adminShutdown       = "57P01"
	crashShutdown       = "57P02"
	cannotConnectNow    = "57P03"
	idleSessionTimeout  = "57P05"
	connectionException = "08" // a class of codes
)

// mayStayOpen reports whether a connection can be used again after an error of
// the server. Otherwise pgx closes it, and the pool drops it.
func mayStayOpen(_ *pgconn.PgConn, err *pgconn.PgError) bool {
	if err.SeverityUnlocalized == "FATAL" || err.Severity == "FATAL" { // pgx's default, which this function replaces
		return false
	}
	return !isServerLeaving(err) && !hasCode(err, readOnlyTransaction, idleSessionTimeout)
}

// isServerLeaving recognises a server that stops, starts or is lost.
func isServerLeaving(err error) bool {
	var pg *pgconn.PgError
	return hasCode(err, adminShutdown, crashShutdown, cannotConnectNow) || errors.As(err, &pg) && strings.HasPrefix(pg.Code, connectionException)
}

// didNothing recognises an error after which the statement may run once more on
// another connection, because the server certainly did not carry it out:
//   - It is read-only and refused the write.
//   - It had ended the session, which was idle for too long.
//   - It refused the connection because it starts or stops.
//
// Other errors are not retried. A server that stops during a statement (57P01)
// has probably rolled it back, but after a lost connection the outcome is
// unknown. pgconn.SafeToRetry is no help: in pgx 5.9 to 5.12 it is true for a
// COMMIT whose answer was lost.
func didNothing(err error) bool {
	if hasCode(err, readOnlyTransaction, idleSessionTimeout) {
		return true
	}
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) && isServerLeaving(err)
}
