// Command migrate brings the schema up to date, as seed_admin does at each
// deployment, but takes as long as it needs and shows its progress:
//
//	MIGRATE_DATABASE_URL=postgres://owner@… DATABASE_URL=postgres://functions@… go run ./cmd/migrate
//
// It is for a migration that takes longer than the function's two minutes. Run it
// before the deployment, from where the database can be reached; docs/migrations.md
// says how. The deployment then finds nothing to do.
//
// It refuses to run beside another migration: both take the same lock.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"roster/shared/boot"
	"roster/shared/postgres/migrations"
)

const usage = `Usage: go run ./cmd/migrate [flags]

Brings the schema up to date, and gives the functions' role its rights.

MIGRATE_DATABASE_URL is for the role that owns the tables, DATABASE_URL for the
functions' role. With SECRET_ARN, MIGRATE_SECRET_ARN, AWS_REGION and AWS
credentials in the environment instead, they come from these secrets.

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "migrate: "+strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("migrate", flag.ContinueOnError)
	f.SetOutput(io.Discard) // main prints the error
	wait := f.Duration("wait", time.Minute, "how long to wait for another run, such as a deployment's")
	every := f.Duration("every", 10*time.Second, "how often to show what the server is doing")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(out, usage)
			f.SetOutput(out)
			f.PrintDefaults()
		}
		return err
	}
	if f.NArg() > 0 || *wait <= 0 || *every <= 0 {
		return errors.New("it takes only -wait and -every, each a duration such as 30s; -h tells more")
	}
	env := boot.Load()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil))) // a person reads it
	report := func(line string) { fmt.Fprintln(out, time.Now().Format(time.TimeOnly), line) }
	watched := migrations.Watched{Wait: *wait, Every: *every, Report: report}
	migrate := env.Migrator(watched.Up, migrations.Grant)
	if err := env.Check(); err != nil {
		return err
	}
	applied, err := migrate(ctx)
	fmt.Fprintf(out, "migrations applied: %d\n", len(applied))
	return err
}
