package main

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"roster/shared/web"
)

// explain returns the text of an error for a person. It leaves out the codes that the
// domains have for programs, and the lines that pgx writes for each cause.
func explain(err error) string {
	refusal := web.Refusal(err) // nil never: what is no refusal has the code internal
	switch {
	case string(refusal.Code) == "internal":
		return strings.Join(strings.Fields(err.Error()), " ")
	case refusal.Cause != nil:
		return "the database does not answer as it should: " + databaseError(refusal.Cause).Error()
	case len(refusal.Fields) > 0:
		return strings.TrimSuffix(refusal.Message, ".") + ": " + refusal.Fields.String() + "."
	}
	return refusal.Message
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
