// Command change_password is the function behind POST /api/user/change_password.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/policy"
	"roster/shared/boot/signing"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Behind(env.Proxies(), api.ChangePassword(env.Postgres(), policy.Passwords(env), env.Limits(), signing.New(env)))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
