// Command seed_admin is the function that brings the schema up to date and
// ensures the admin's account: daily, at each deployment, and by hand.
package main

import (
	"context"

	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/postgres/migrations"
	"roster/shared/seed"
)

func main() {
	env := boot.Load()
	migrate := func(ctx context.Context) ([]string, error) { return migrations.Up(ctx, env.Text("DATABASE_URL")) }
	job := seed.NewJob(migrate, env.Postgres(), env.Passwords(), env.OneTimeTokens(), mailing.ResetMail(env), env.Admin())
	env.MustBeUsable()
	seed.Start(job)
}
