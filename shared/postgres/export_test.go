package postgres

import (
	"context"

	"roster/shared/request"
	"roster/shared/user"
)

// AsFault lets a test classify errors without causing them.
var AsFault = asFault

// IsBroken lets a test check a connection without leaving it idle for long.
var IsBroken = isBroken

// IsStale lets a test look at sockets of all kinds.
var IsStale = isStale

// Bind binds a statement that a test has found in the source, or made up.
func Bind(sql string, args map[string]any) (string, []any, error) {
	var list named
	for name, value := range args {
		list = append(list, argument{name, value})
	}
	return statement(sql).bind(list)
}

// Exec runs SQL as every method does.
func (db *DB) Exec(ctx context.Context, sql string) error {
	return db.exec(ctx, query{"test", statement(sql), nil})
}

// IdleTime lets a test choose the time.
var IdleTime = idleTime

// CountPrepared returns how many statements the next connection of the pool has
// prepared.
func (db *DB) CountPrepared(ctx context.Context) (n int, err error) {
	_, err = db.queryRow(ctx, query{"test", "select count(*) from pg_prepared_statements", nil}, &n)
	return n, err
}

// Setting returns a setting of the pool's next connection.
func (db *DB) Setting(ctx context.Context, name string) (value string, err error) {
	_, err = db.queryRow(ctx, query{"test", "select current_setting(@name)", named{{"name", name}}}, &value)
	return value, err
}

// ListStatement returns the statement of a query as PostgreSQL reads it, and its
// values.
func ListStatement(c request.Caller, q user.ListQuery) (sql string, values []any, err error) {
	s, args := listStatement(q)
	return s.bind(append(args, named{{"caller", c.UUID}, {"caller_session", c.Session}, {"caller_version", c.TokenVersion}}...))
}
