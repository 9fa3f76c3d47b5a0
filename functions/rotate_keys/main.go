// Command rotate_keys is the function that changes the keys of access tokens when
// they are due: hourly, at each deployment, and by hand.
package main

import (
	"context"

	"roster/shared/boot/rotating"
	"roster/shared/boot/settings"
	"roster/shared/job/rotation"
)

// The settings are loaded at each run, so that a bad setting is the run's answer. A
// process that ended at its start would leave CloudFormation waiting.
func main() {
	rotation.Start(func(ctx context.Context, request rotation.Request) (rotation.Report, error) {
		return rotating.Run(ctx, settings.Load(), request)
	})
}
