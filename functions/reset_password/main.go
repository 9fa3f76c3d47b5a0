// Command reset_password is the function behind POST /api/user/reset_password.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/policy"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Behind(env.Proxies(), api.ResetPassword(env.Postgres(), env.OneTimeTokens(), policy.Passwords(env), env.Limits()))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
