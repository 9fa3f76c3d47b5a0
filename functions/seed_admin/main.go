// Command seed_admin is the function that brings the schema up to date and
// ensures the admin's account: daily, at each deployment, and by hand.
package main

import (
	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/boot/policy"
	"roster/shared/postgres/migrations"
	"roster/shared/seed"
)

func main() {
	env := boot.Load()
	job := seed.NewJob(env.Migrator(migrations.Up, migrations.Grant), env.Postgres(), policy.Passwords(env), env.OneTimeTokens(), mailing.ResetMail(env), env.Admin())
	env.MustBeUsable()
	seed.Start(job)
}
