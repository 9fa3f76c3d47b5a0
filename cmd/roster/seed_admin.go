package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"roster/shared/boot/mailing"
	"roster/shared/boot/policy"
	"roster/shared/job/seed"
	"roster/shared/postgres/migrations"
	"roster/shared/user"
)

const seedAdminExample = `  ADMIN_EMAIL=ann@example.com ADMIN_PASSWORD=… roster seed-admin
  roster seed-admin --end-all-sessions`

const seedAdminHelp = `Migrate the schema, create the account of the first ADMIN if it is missing, and delete
expired rows, as the function seed_admin does each hour and at each deployment. With
AUDIT_RETENTION or AUDIT_ERASE_DELETED it also removes from the audit log, without a
question (docs/erasure.md).

It takes the function's variables: DATABASE_URL, MIGRATE_DATABASE_URL, ROOT_KEY,
PUBLIC_URL, MAIL_FROM, ADMIN_EMAIL and the others of docs/configuration.md. With
SECRET_ARN and the like they come from secrets. Without ADMIN_PASSWORD a link to set
the password is mailed.

It refuses to change an account that exists.`

func seedAdminCommand(p *program) *cobra.Command {
	var request seed.Request
	c := &cobra.Command{
		Use: "seed-admin", Short: "Create the account of the first ADMIN, if it is missing", Long: seedAdminHelp, Example: seedAdminExample,
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error { return p.seedAdmin(c, request) },
	}
	c.Flags().BoolVar(&request.EndAllSessions, "end-all-sessions", false,
		"also end all sessions, access tokens and mailed links, as after a restore of the database")
	return c
}

func (p *program) seedAdmin(c *cobra.Command, request seed.Request) error {
	env, err := p.settings()
	if err != nil {
		return err
	}
	db := env.Postgres()
	job := seed.NewJob(db, seed.Parts{
		Migrate: env.Migrator(migrations.Up, migrations.Grant),
		Seeding: user.SeedAdminParts{Passwords: policy.Passwords(env), Tokens: env.OneTimeTokens(), Notices: mailing.Notices(env)},
		Admin:   env.Admin(), AuditKey: []byte(env.AuditKey()), Retention: env.AuditRetention(),
		OpenOwner: func(ctx context.Context) (seed.Owner, error) { return env.OpenOwner(ctx) },
	})
	if err := env.Check(); err != nil {
		return err
	}
	defer db.Close()
	if request.EndAllSessions {
		if err := p.confirm(p.yes, "End all sessions? Everybody must log in again."); err != nil {
			return err
		}
	}
	report, err := job(c.Context(), request)
	if err != nil {
		return err
	}
	if err := p.print(report, func(out io.Writer) error { return printSeeded(out, report) }); err != nil {
		return err
	}
	if report.Admin.Missing {
		return fmt.Errorf("there is no ADMIN of that name: %s", report.Admin.Note)
	}
	return nil
}

func printSeeded(out io.Writer, r seed.Report) error {
	fmt.Fprintf(out, "migrations applied: %d\n", len(r.Migrations))
	fmt.Fprintf(out, "the admin's account: %s\n", r.Admin.Note)
	if r.Ended != nil {
		fmt.Fprintf(out, "ended: %d sessions of %d accounts, %d links\n", r.Ended.Sessions, r.Ended.Accounts, r.Ended.Links)
	}
	_, err := fmt.Fprintf(out, "expired rows deleted: %d counters, %d links, %d sessions, %d devices\n",
		r.Removed.Limits, r.Removed.Resets, r.Removed.Sessions, r.Removed.Devices)
	if err == nil && r.Audit != nil {
		_, err = fmt.Fprintf(out, "audit log: %d events removed, %d erased\n", r.Audit.Removed, r.Audit.Erased)
	}
	return err
}
