// Command audit_prune erases a deleted account from the audit log, or removes
// events that are older than a day, in the database of DATABASE_URL:
//
//	DATABASE_URL=postgres://owner@… go run ./cmd/audit_prune -erase 0b5d1e1c-…
//	DATABASE_URL=postgres://owner@… go run ./cmd/audit_prune -before 2025-01-01
//
// The hash chains can be verified afterwards, and the log records the run.
//
// It refuses an account that exists, a day to come, and a role that does not own
// the tables.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"roster/shared/boot/settings"
	"roster/shared/postgres"
)

const usage = `Usage: DATABASE_URL=postgres://… go run ./cmd/audit_prune -erase UUID | -before YYYY-MM-DD

Erases a deleted account from the audit log, or removes events from before a
day (UTC). DATABASE_URL is for the role that owns the tables. With ROOT_KEY, or
AUDIT_KEY, the entry that records the run has a MAC, as all others have.
docs/erasure.md says what is left.

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv("DATABASE_URL"), os.Stdout, time.Now())
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "audit_prune: "+err.Error())
		os.Exit(1)
	}
}

// ask is what the flags say. One of its fields is set.
type ask struct {
	erase  string
	before time.Time
}

// uuidForm is how Roster writes a UUID. A program puts parts together, and does not
// import the kernel, which has it too.
var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func parse(args []string, out io.Writer, now time.Time) (a ask, err error) {
	f := flag.NewFlagSet("audit_prune", flag.ContinueOnError)
	f.SetOutput(io.Discard) // main prints the error
	f.StringVar(&a.erase, "erase", "", "`UUID` of a deleted account to erase from the log")
	before := f.String("before", "", "remove events from before this `day`, such as 2025-01-01")
	err = f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage)
		f.SetOutput(out)
		f.PrintDefaults()
	}
	if err != nil {
		return a, err
	}
	if *before != "" {
		if a.before, err = time.Parse(time.DateOnly, *before); err != nil || a.before.After(now) {
			return a, errors.New("-before must be a day in the past, such as 2025-01-01")
		}
	}
	switch {
	case f.NArg() > 0 || (a.erase == "") == (*before == ""):
		return a, errors.New("give either -erase or -before; -h tells more")
	case a.erase != "" && !uuidForm.MatchString(a.erase):
		return a, errors.New("-erase must be the UUID of an account, which the log has as its target")
	}
	return a, nil
}

func run(ctx context.Context, args []string, url string, out io.Writer, now time.Time) error {
	a, err := parse(args, out, now)
	if err != nil {
		return err
	}
	if url == "" {
		return errors.New("DATABASE_URL is not set; set it to the database of the audit log, for the role that owns the tables")
	}
	env := settings.FromMap(map[string]string{"ROOT_KEY": os.Getenv("ROOT_KEY"), "AUDIT_KEY": os.Getenv("AUDIT_KEY")})
	options := postgres.Options{AuditKey: []byte(env.AuditKey())}
	if err := env.Check(); err != nil {
		return err
	}
	db, err := postgres.OpenSource(ctx, func(context.Context, bool) (string, error) { return url, nil }, options)
	if err != nil {
		return err
	}
	defer db.Close()
	var p postgres.Pruned
	if a.erase != "" {
		p, err = db.EraseFromAudit(ctx, a.erase, now)
	} else {
		p, err = db.TrimAudit(ctx, a.before, now)
	}
	if err != nil {
		return explain(err)
	}
	fmt.Fprintf(out, "rows erased or removed by this run: %d, in all: %d erased, %d removed\n", p.Rows, p.Erased, p.Removed)
	return nil
}

// explain returns PostgreSQL's message, or the last line of an error of pgx, which
// has one line for each cause.
func explain(err error) error {
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, postgres.ErrAccountExists):
		return postgres.ErrAccountExists
	case errors.As(err, &pg) && pg.Code == "42501":
		return errors.New("the role of DATABASE_URL may not change the audit log: use the role that owns the tables")
	case errors.As(err, &pg):
		return errors.New(pg.Message)
	}
	lines := strings.Split(err.Error(), "\n")
	return errors.New(strings.TrimSpace(lines[len(lines)-1]))
}
