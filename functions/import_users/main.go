// Command import_users is the function that imports accounts from a file in S3, or
// from the request, when an operator invokes it.
package main

import (
	"context"

	"roster/shared/boot"
	"roster/shared/boot/importing"
	"roster/shared/directory"
	"roster/shared/job/importusers"
)

// The settings are loaded at each run, so that a bad setting is the run's answer.
func main() {
	importusers.Start(func(ctx context.Context, request importusers.Request) (directory.Report, error) {
		return job(ctx, boot.Load(), request)
	})
}

func job(ctx context.Context, env *boot.Environment, request importusers.Request) (directory.Report, error) {
	db := env.Postgres()
	run := importusers.NewJob(db, importing.Parts(env), importing.Objects)
	if err := env.Check(); err != nil {
		return directory.Report{}, err
	}
	defer db.Close()
	return run(ctx, request)
}
