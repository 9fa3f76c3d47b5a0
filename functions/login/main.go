// Command login is the function behind POST /api/user/login.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/signing"
	"roster/shared/lambdahttp"
	"roster/shared/user"
)

func main() {
	env := boot.Load()
	handler := api.Behind(env.Proxies(), api.Login(env.Postgres(), user.Logins{
		Passwords: env.Passwords(), Tokens: signing.New(env), Refresh: env.Refresh(), Devices: env.Devices(), Limits: env.Limits(), Sessions: env.Sessions(),
	}))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
