package main

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5/pgconn"
)

// print writes the result of a command: as JSON with --json, and otherwise as
// text writes it for a person.
func (p *program) print(result any, text func(out io.Writer) error) error {
	if !p.json {
		return text(p.out)
	}
	e := json.NewEncoder(p.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(result)
}

// newTable returns a writer that aligns columns, which a tab separates.
func newTable(out io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) }

// databaseError returns what a person needs of an error of pgx: PostgreSQL's message,
// or the last line, because pgx writes a line for each cause.
func databaseError(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return errors.New(pg.Message)
	}
	lines := strings.Split(err.Error(), "\n")
	return errors.New(strings.TrimSpace(lines[len(lines)-1]))
}
