// Command audit_verify checks the audit log in the database of DATABASE_URL:
//
//	DATABASE_URL=postgres://… go run ./cmd/audit_verify
//
// It computes the hash chains again and names every row that was altered and
// every place where rows are missing. It exits with 1 if there are any, or if it
// cannot read the log. It counts what cmd/audit_prune has erased or removed.
//
// It refuses to repair anything. It needs only SELECT on the tables audit and
// audit_heads.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"roster/shared/postgres"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Getenv("DATABASE_URL"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "audit_verify: "+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, url string, out io.Writer) error {
	if url == "" {
		return errors.New("DATABASE_URL is not set; set it to the database whose audit log is to be checked")
	}
	db, err := postgres.Open(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close()
	v, err := db.VerifyAudit(ctx)
	if err != nil {
		return errors.New("the audit log could not be read: " + innermost(err))
	}
	for _, altered := range v.Altered {
		fmt.Fprintln(out, altered)
	}
	fmt.Fprintf(out, "rows checked: %d, altered or missing: %d\n", v.Rows, len(v.Altered))
	if v.Erased+v.Removed > 0 {
		fmt.Fprintf(out, "erased and recorded as such: %d, removed and recorded as such: %d\n", v.Erased, v.Removed)
	}
	if len(v.Altered) > 0 {
		return errors.New("the audit log was altered")
	}
	return nil
}

// innermost returns the message of PostgreSQL, or the last line of an error of
// pgx, which has one line for each cause.
func innermost(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Message
	}
	lines := strings.Split(err.Error(), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
