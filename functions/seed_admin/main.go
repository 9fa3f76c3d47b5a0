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
)

func main() { seed.Start(job) }

// job loads the settings at each run, so that a bad one is the run's answer: a
// process that ended at its start would let CloudFormation wait for nothing.
func job(ctx context.Context) (seed.Report, error) {
	env := boot.Load()
	db := env.Postgres()
	run := seed.NewJob(env.Migrator(migrations.Up, migrations.Grant), db, policy.Passwords(env), env.OneTimeTokens(), mailing.ResetMail(env), env.Admin())
	if err := env.Check(); err != nil {
		return seed.Report{}, err
	}
	defer db.Close()
	return run(ctx)
}
