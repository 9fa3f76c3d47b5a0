// Command register is the function behind POST /api/user/register.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/policy"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Behind(env.Proxies(), api.Register(env.Postgres(), policy.Passwords(env), env.Limits()))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
