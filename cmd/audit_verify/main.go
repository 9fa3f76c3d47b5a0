// Command audit_verify checks the audit log of DATABASE_URL: it computes the
// hash chains anew and names every row that was altered, and every place where
// rows are missing. It exits with 1 when there is any, or when it could not
// look.
//
// It refuses to repair anything, and needs no more than SELECT on the tables
// audit and audit_heads.
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
		return errors.New("the audit log could not be read: " + reason(err))
	}
	for _, altered := range v.Altered {
		fmt.Fprintln(out, altered)
	}
	fmt.Fprintf(out, "rows checked: %d, altered or missing: %d\n", v.Rows, len(v.Altered))
	if len(v.Altered) > 0 {
		return errors.New("the audit log was altered")
	}
	return nil
}

// reason is the innermost of pgx's many lines.
func reason(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Message
	}
	lines := strings.Split(err.Error(), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
