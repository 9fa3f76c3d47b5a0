// Command seed_admin is the function that brings the schema up to date and
// ensures the admin's account: daily, at each deployment, and by hand.
package main

import (
	"context"

	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/boot/policy"
	"roster/shared/job/seed"
	"roster/shared/postgres/migrations"
	"roster/shared/user"
)

// The settings are loaded at each run, so that a bad one is the run's answer: a
// process that ended at its start would let CloudFormation wait for nothing.
func main() {
	seed.Start(func(ctx context.Context) (seed.Report, error) { return job(ctx, boot.Load()) })
}

func job(ctx context.Context, env *boot.Environment) (seed.Report, error) {
	db := env.Postgres()
	run := seed.NewJob(db, seed.Parts{
		Migrate: env.Migrator(migrations.Up, migrations.Grant),
		Seeding: user.SeedAdminParts{Passwords: policy.Passwords(env), Tokens: env.OneTimeTokens(), Notices: mailing.Notices(env)},
		Admin:   env.Admin(),
	})
	if err := env.Check(); err != nil {
		return seed.Report{}, err
	}
	defer db.Close()
	return run(ctx)
}
