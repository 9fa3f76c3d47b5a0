// Command update_user is the function behind PUT /api/user/{username}.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/policy"
	"roster/shared/boot/tokens"
)

func main() {
	lambdahttp.Start(api.Late(boot.Build(func(env *boot.Environment) http.Handler {
		return api.Behind(env.Proxies(), api.UpdateUser(env.Postgres(), policy.Passwords(env), env.Limits(), tokens.New(env)))
	})))
}
