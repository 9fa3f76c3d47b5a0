// Command audit is the function behind GET /api/audit.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Audit(env.Postgres(), tokens.New(env))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
