package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"roster/shared/fault"
	"roster/shared/user"
)

// retryAfter is what a client is told to wait while the database is out.
const retryAfter = 2 * time.Second

// asFault turns an error of the driver into fault.Unavailable when the state of
// the database or of the network caused it. That includes a write whose fate is
// unknown. Any other error is a bug and stays what it is.
func asFault(what string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", what, err)
	if outage(err) {
		return unavailable(err)
	}
	return err
}

func unavailable(cause error) error {
	return &fault.Error{Code: fault.Unavailable, Message: "The service is not available right now. Please try again.", RetryAfter: retryAfter, Cause: cause}
}

// outageClasses are the SQLSTATE classes that tell of the server's state and
// not of the statement's faults.
var outageClasses = []string{
	"08",    // connection exception
	"25006", // read-only: a replica, or a failover that is not over
	"25P03", // idle in transaction for too long
	"28",    // login refused
	"3D000", // the database is not there
	"40",    // rolled back for another's sake
	"53",    // out of disk, memory or connections
	"55P03", // a lock was not had in time
	"57",    // shut down, cancelled, starting
	"58",    // the server's own I/O
	"XX",    // corrupted
}

func outage(err error) bool {
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
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || closed(err)
}

// closed recognises a connection that broke under the statement; pgx has no
// type for it.
func closed(err error) bool {
	s := err.Error()
	return strings.Contains(s, "unexpected EOF") || strings.Contains(s, "conn closed") || strings.Contains(s, "closed pool") ||
		strings.Contains(s, "connection reset") || strings.Contains(s, "broken pipe")
}

func rolledBack(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

func lockNotHad(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03"
}

func refusedLogin(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "28P01" || pg.Code == "28000")
}

// taken tells which unique index an error speaks of.
func taken(err error) user.Taken {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "23505" {
		return user.Taken{}
	}
	return user.Taken{Username: pg.ConstraintName == "users_username_key", Email: pg.ConstraintName == "users_email_key"}
}
