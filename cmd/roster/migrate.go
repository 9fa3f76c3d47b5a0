package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"roster/shared/postgres/migrations"
)

const migrateExample = `  MIGRATE_DATABASE_URL=postgres://owner@… DATABASE_URL=postgres://functions@… roster migrate
  roster migrate --wait 5m --every 1s`

const migrateHelp = `Bring the schema up to date, and give the functions' role its rights, as seed_admin
does at each deployment. It takes as long as it needs and shows its progress. Run it
before the deployment, which then finds nothing to do.

MIGRATE_DATABASE_URL is for the role that owns the tables, DATABASE_URL for the
functions' role. With SECRET_ARN, MIGRATE_SECRET_ARN, AWS_REGION and AWS credentials in
the environment instead, they come from these secrets.

It refuses to run beside another migration: both take the same lock.`

func migrateCommand(p *program) *cobra.Command {
	var wait, every time.Duration
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the schema of the database up to date", Long: migrateHelp, Example: migrateExample,
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error { return p.migrate(c, wait, every) },
	}
	c.Flags().DurationVar(&wait, "wait", time.Minute, "how long to wait for another run, such as a deployment's")
	c.Flags().DurationVar(&every, "every", 10*time.Second, "how often to show what the server is doing")
	return c
}

func (p *program) migrate(c *cobra.Command, wait, every time.Duration) error {
	if wait <= 0 || every <= 0 {
		return usageError{"--wait and --every must be longer than nothing, such as 30s"}
	}
	env, err := p.settings()
	if err != nil {
		return err
	}
	report := func(line string) { fmt.Fprintln(p.err, p.now().Format(time.TimeOnly), line) }
	watched := migrations.Watched{Wait: wait, Every: every, Report: report}
	migrate := env.Migrator(watched.Up, migrations.Grant)
	if err := env.Check(); err != nil {
		return err
	}
	applied, err := migrate(c.Context())
	if err != nil && len(applied) == 0 {
		return err
	}
	if applied == nil {
		applied = []string{}
	}
	printed := p.print(map[string][]string{"applied": applied}, func(out io.Writer) error {
		_, err := fmt.Fprintf(out, "migrations applied: %d\n", len(applied))
		return err
	})
	if err != nil {
		return err
	}
	return printed
}
