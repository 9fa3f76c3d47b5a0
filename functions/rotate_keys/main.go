// Command rotate_keys is the function that lets the keys of access tokens come
// and go: daily, and by hand.
package main

import (
	"roster/shared/boot/rotating"
	"roster/shared/boot/settings"
	"roster/shared/job/rotation"
)

func main() {
	env := settings.Load()
	job := rotating.Job(env)
	env.MustBeUsable()
	rotation.Start(job)
}
