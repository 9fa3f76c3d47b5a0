package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"roster/shared/postgres/dburl"
)

const (
	connectTimeout = 2 * time.Second
	// idleBeforeCheck is how long a connection may be idle before it is checked.
	// The usual reason for a long idle time is a frozen sandbox.
	idleBeforeCheck = 10 * time.Second
	checkTimeout    = time.Second
)

// setCredentials puts the source's current user and password, or a token, into
// the configuration of a connection that is about to be made.
func (db *DB) setCredentials(ctx context.Context, c *pgx.ConnConfig) error {
	url, err := db.source(ctx, false)
	if err != nil {
		return unavailable(fmt.Errorf("read the database's URL: %w", err))
	}
	latest, err := dburl.Parse(urlVariable, url)
	if err != nil {
		return err
	}
	c.User, c.Password = latest.ConnConfig.User, latest.ConnConfig.Password
	return db.access.Login(ctx, c)
}

// isBroken checks a connection that was idle for long, or on which the server
// has sent something unasked, which is most often the end of the session. The
// check is an empty pipeline: one round trip and no statement.
//
// pgxpool takes the answer as its question whether to ping. A ping on a
// connection that the check has just broken fails at once, and pgxpool then
// takes another connection.
func isBroken(ctx context.Context, p pgxpool.ShouldPingParams) bool {
	if idleTime(p.Conn, p.IdleDuration, time.Now()) < idleBeforeCheck && !isStale(p.Conn.PgConn().Conn()) {
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

// lastUse is the name under which a connection keeps the time of its last use.
const lastUse = "last use"

// idleTime returns how long a connection was idle. The pool measures that with a
// clock that may stand still while Lambda has frozen the sandbox, so the wall
// clock counts as well.
func idleTime(c *pgx.Conn, measured time.Duration, now time.Time) time.Duration {
	data := c.PgConn().CustomData()
	now = now.Round(0) // without the monotonic clock
	last, known := data[lastUse].(time.Time)
	data[lastUse] = now
	if !known {
		return measured
	}
	return max(measured, now.Sub(last))
}
