// Command import_users is the function that imports accounts from a file in S3, or
// from the request, when an operator invokes it.
package main

import (
	"roster/shared/boot"
	"roster/shared/boot/importing"
	"roster/shared/job/importusers"
)

func main() {
	env := boot.Load()
	job := importusers.NewJob(env.Postgres(), importing.Parts(env), importing.Objects)
	env.MustBeUsable()
	importusers.Start(job)
}
