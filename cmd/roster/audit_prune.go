package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"roster/shared/postgres"
)

const auditPruneExample = `  DATABASE_URL=postgres://owner@… roster audit prune --erase 0b5d1e1c-93a4-4a3c-9f52-6a1f0c9d7e21
  DATABASE_URL=postgres://owner@… roster audit prune --before 2025-01-01`

const auditPruneHelp = `Erase a deleted account from the audit log, or remove events from before a day (UTC).
The hash chains can be verified afterwards, and the log records the run.

DATABASE_URL is for the role that owns the tables. With ROOT_KEY, or AUDIT_KEY, the
entry that records the run has a MAC, as all others have. docs/erasure.md says what is
left.

It refuses an account that exists, a day to come, and a role that does not own the
tables.`

// pruneRequest is what the flags say. One of its fields is set.
type pruneRequest struct{ erase, before string }

func auditPruneCommand(p *program) *cobra.Command {
	var r pruneRequest
	c := &cobra.Command{
		Use: "prune --erase UUID | --before DAY", Short: "Erase a deleted account from the audit log, or remove old events",
		Long: auditPruneHelp, Example: auditPruneExample, Args: arguments(), DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, _ []string) error { return p.pruneAudit(c.Context(), r) },
	}
	c.Flags().StringVar(&r.erase, "erase", "", "`UUID` of a deleted account to erase from the log")
	c.Flags().StringVar(&r.before, "before", "", "remove events from before this `day`, such as 2025-01-01")
	return c
}

// uuidForm is how Roster writes a UUID. The kernel has it too, but a program may not
// import the kernel.
var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// check returns the day, and what is wrong with the flags.
func (r pruneRequest) check(now time.Time) (before time.Time, err error) {
	if (r.erase == "") == (r.before == "") {
		return before, usageError{"give either --erase or --before; roster audit prune --help tells more"}
	}
	if r.erase != "" && !uuidForm.MatchString(r.erase) {
		return before, usageError{"--erase must be the UUID of an account, which the log has as its target"}
	}
	if r.before != "" {
		if before, err = time.Parse(time.DateOnly, r.before); err != nil || before.After(now) {
			return before, usageError{"--before must be a day in the past, such as 2025-01-01"}
		}
	}
	return before, nil
}

func (p *program) pruneAudit(ctx context.Context, r pruneRequest) error {
	before, err := r.check(p.now())
	if err != nil {
		return err
	}
	env, err := p.settings()
	if err != nil {
		return err
	}
	db := env.Postgres()
	if err := env.Check(); err != nil {
		return err
	}
	defer db.Close()
	question, prune := fmt.Sprintf("Remove all events from before %s?", r.before), func() (postgres.Pruned, error) { return db.TrimAudit(ctx, before, p.now()) }
	if r.erase != "" {
		question, prune = fmt.Sprintf("Erase the account %s from the log?", r.erase), func() (postgres.Pruned, error) { return db.EraseFromAudit(ctx, r.erase, p.now()) }
	}
	if err := p.confirm(p.yes, question); err != nil {
		return err
	}
	p.warnWithoutMAC(env)
	pruned, err := prune()
	if err != nil {
		return pruneError(err)
	}
	result := map[string]int{"rows": pruned.Rows, "erased": pruned.Erased, "removed": pruned.Removed}
	return p.print(result, func(out io.Writer) error {
		_, err := fmt.Fprintf(out, "rows erased or removed by this run: %d, in all: %d erased, %d removed\n", pruned.Rows, pruned.Erased, pruned.Removed)
		return err
	})
}

func pruneError(err error) error {
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, postgres.ErrAccountExists):
		return postgres.ErrAccountExists
	case errors.As(err, &pg) && pg.Code == "42501":
		return errors.New("the role of DATABASE_URL may not change the audit log: use the role that owns the tables")
	}
	return databaseError(err)
}
