package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"roster/shared/fault"
	"roster/shared/postgres/dburl"
	"roster/shared/user"
)

// retryAfter is how long a client is told to wait during an outage of the
// database.
const retryAfter = 2 * time.Second

// asFault turns an error of the driver into fault.Unavailable when the state of
// the database or of the network caused it. That includes a write whose outcome
// is unknown. Any other error is a bug, and it is returned with the purpose of
// the statement.
func asFault(purpose string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", purpose, dburl.Explain(err))
	if isOutage(err) {
		return unavailable(err)
	}
	return err
}

func unavailable(cause error) error {
	return &fault.Error{
		Code: fault.Unavailable, Message: "The service is not available right now. Please try again.", RetryAfter: retryAfter, Cause: cause,
	}
}

// outageClasses are the SQLSTATE codes, and beginnings of codes, that describe
// the state of the server and not a mistake in the statement (PostgreSQL's
// documentation, appendix A).
var outageClasses = []string{
	"08",    // connection exception
	"25006", // read-only: a replica, or a failover that is not complete
	"25P03", // idle in a transaction for too long
	"28",    // login refused
	"3D000", // the database does not exist
	"40",    // rolled back because of another transaction
	"53",    // no disk space, memory or connections left
	"55P03", // a lock was not free in time
	"57",    // shut down, cancelled, starting
	"58",    // an I/O error of the server
	"XX",    // internal error, corrupted data
}

func isOutage(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		for _, class := range outageClasses {
			if strings.HasPrefix(pg.Code, class) {
				return true
			}
		}
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.Timeout(err) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || isConnectionLost(err)
}

// isConnectionLost recognises a connection that broke during the statement by
// the text of the error, because pgx has no type for it.
func isConnectionLost(err error) bool {
	s := err.Error()
	return strings.Contains(s, "unexpected EOF") || strings.Contains(s, "conn closed") || strings.Contains(s, "closed pool") ||
		strings.Contains(s, "connection reset") || strings.Contains(s, "broken pipe")
}

// isRolledBack recognises a serialization failure and a deadlock.
func isRolledBack(err error) bool { return hasCode(err, "40001", "40P01") }

func isLockTimeout(err error) bool { return hasCode(err, "55P03") }

func isLoginRefused(err error) bool { return hasCode(err, "28P01", "28000") }

func hasCode(err error, codes ...string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains(codes, pg.Code)
}

// takenBy returns which value another account has, according to the unique
// index that an error names.
func takenBy(err error) user.Taken {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "23505" {
		return user.Taken{}
	}
	return user.Taken{Username: pg.ConstraintName == "users_username_key", Email: pg.ConstraintName == "users_email_key"}
}
