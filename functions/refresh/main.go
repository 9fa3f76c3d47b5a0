// Command refresh is the function behind POST /api/user/refresh.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/boot/signing"
	"roster/shared/lambdahttp"
	"roster/shared/user"
)

func main() {
	env := boot.Load()
	handler := api.Behind(env.Proxies(), api.Refresh(env.Postgres(), user.Refreshes{
		Tokens: signing.New(env), Refresh: env.Refresh(), Sessions: env.Sessions(), Notices: mailing.Notices(env),
	}))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
