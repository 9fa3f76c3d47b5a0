// Command refresh is the function behind POST /api/user/refresh.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/boot/signing"
	"roster/shared/user"
)

func main() {
	lambdahttp.Start(api.Late(boot.Build(func(env *boot.Environment) http.Handler {
		return api.Behind(env.Proxies(), api.Refresh(env.Postgres(), user.Refreshes{
			Tokens: signing.New(env), Refresh: env.Refresh(), Sessions: env.Sessions(), Notices: mailing.Notices(env),
		}))
	})))
}
