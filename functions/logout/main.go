// Command logout is the function behind POST /api/user/logout.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Behind(env.Proxies(), api.Logout(env.Postgres(), tokens.New(env)))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
