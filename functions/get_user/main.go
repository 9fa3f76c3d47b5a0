// Command get_user is the function behind GET /api/user/{username} and
// GET /api/user/me.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.GetUser(env.Postgres(), tokens.New(env))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
