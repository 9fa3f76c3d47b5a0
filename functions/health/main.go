// Command health is the function behind GET /healthz.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Health(env.Postgres())
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
