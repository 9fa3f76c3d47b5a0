// Command update_user is the function behind PUT /api/user/{username}.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/policy"
	"roster/shared/boot/tokens"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Behind(env.Proxies(), api.UpdateUser(env.Postgres(), policy.Passwords(env), env.Limits(), tokens.New(env)))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
