// Command sessions is the function behind GET /api/user/{username}/sessions.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Sessions(env.Postgres(), tokens.New(env))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
