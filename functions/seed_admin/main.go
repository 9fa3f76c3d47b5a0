// Command seed_admin is the function that migrates the schema, creates the admin's
// account if it is missing, deletes expired rows and removes from the audit log what
// its retention does not keep: hourly, at each deployment, and by hand.
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

// The settings are loaded at each run, so that a bad setting is the run's answer. A
// process that ended at its start would leave CloudFormation waiting.
func main() {
	seed.Start(func(ctx context.Context, request seed.Request) (seed.Report, error) {
		return job(ctx, boot.Load(), request)
	})
}

func job(ctx context.Context, env *boot.Environment, request seed.Request) (seed.Report, error) {
	if request.SchemaOnly {
		env.AssumePublicURL() // the API's address may not be known yet, and no link is mailed in this run
	}
	db := env.Postgres()
	run := seed.NewJob(db, seed.Parts{
		Migrate: env.Migrator(migrations.Up, migrations.Grant),
		Seeding: user.SeedAdminParts{Passwords: policy.Passwords(env), Tokens: env.OneTimeTokens(), Notices: mailing.Notices(env)},
		Admin:   env.Admin(), AuditKey: []byte(env.AuditKey()), Retention: env.AuditRetention(),
		OpenOwner: func(ctx context.Context) (seed.Owner, error) { return env.OpenOwner(ctx) },
	})
	if err := env.Check(); err != nil {
		return seed.Report{}, err
	}
	defer db.Close()
	return run(ctx, request)
}
