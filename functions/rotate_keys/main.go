// Command rotate_keys is the function that changes the keys of access tokens when
// they are due: daily, and by hand.
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
