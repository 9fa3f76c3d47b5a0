package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"roster/cmd/roster/flask"
	"roster/shared/web"
)

// advisedError is an error with what to do about it, which its text alone does not
// say. explain keeps the advice, whatever the error is.
type advisedError struct {
	error
	advice string
}

func (e advisedError) Unwrap() error { return e.error }

// explain returns the text of an error for a person. It leaves out the codes that the
// domains have for programs, and the lines that pgx writes for each cause.
func explain(err error) string {
	var advised advisedError
	var connect *pgconn.ConnectError
	var file *fs.PathError
	refusal := web.Refusal(err) // nil never: what is no refusal has the code internal
	switch {
	case errors.As(err, &advised):
		return explain(advised.error) + "; " + advised.advice
	case errors.Is(err, context.Canceled):
		return "the command was interrupted"
	case refusal.Cause != nil && errors.As(refusal.Cause, &file):
		return file.Error() // a full disk here is not the database's
	case lacksSchema(err):
		return "the database does not have the schema of this Roster: " + databaseError(err).Error() +
			"; run roster migrate, or check the database's name in its URL"
	case refusal.Cause != nil, errors.As(err, &connect):
		return databaseName(err) + " does not answer as it should: " + databaseError(err).Error() + databaseAdvice(err)
	case string(refusal.Code) == "internal":
		return strings.Join(strings.Fields(err.Error()), " ")
	case len(refusal.Fields) > 0:
		return strings.TrimSuffix(refusal.Message, ".") + ": " + refusal.Fields.String() + "."
	}
	return refusal.Message
}

// lacksSchema reports whether a table or a column is missing.
func lacksSchema(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "42P01" || pg.Code == "42703")
}

func databaseName(err error) string {
	if errors.Is(err, flask.ErrConnect) {
		return "the Flask service's database"
	}
	return "the database"
}

// databaseError returns what a person needs of an error of pgx: PostgreSQL's message,
// or the last line.
func databaseError(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return errors.New(pg.Message)
	}
	lines := strings.Split(err.Error(), "\n")
	return errors.New(strings.TrimSpace(lines[len(lines)-1]))
}

// databaseAdvice returns what to do about a connection that failed, "" if that is not
// known.
func databaseAdvice(err error) string {
	var pg *pgconn.PgError
	var dial *net.OpError
	var name *net.DNSError
	switch {
	case errors.As(err, &pg) && strings.HasPrefix(pg.Code, "28"):
		return "; check the user and the password in its URL"
	case errors.As(err, &pg) && pg.Code == "3D000":
		return "; create it, or check its name in the URL"
	case pg == nil && (errors.As(err, &dial) || errors.As(err, &name)):
		return "; check the host and the port in its URL, and that it runs"
	}
	return ""
}
