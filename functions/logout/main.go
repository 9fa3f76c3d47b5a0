// Command logout is the function behind POST /api/user/logout.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
)

func main() {
	lambdahttp.Start(api.Late(boot.Build(func(env *boot.Environment) http.Handler {
		return api.Behind(env.Proxies(), api.Logout(env.Postgres(), tokens.New(env)))
	})))
}
