// Command login is the function behind POST /api/user/login.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/signing"
	"roster/shared/user"
)

func main() {
	lambdahttp.Start(api.Late(boot.Build(func(env *boot.Environment) http.Handler {
		return api.Behind(env.Proxies(), api.Login(env.Postgres(), user.Logins{
			Passwords: env.Passwords(), Tokens: signing.New(env), Refresh: env.Refresh(), Devices: env.Devices(), Limits: env.Limits(), Sessions: env.Sessions(),
		}))
	})))
}
