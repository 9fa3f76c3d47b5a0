// Command login is the function behind POST /api/user/login.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Login(env.Postgres(), env.Passwords(), tokens.Access(env))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
