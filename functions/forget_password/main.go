// Command forget_password is the function behind POST
// /api/user/forget_password.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Behind(env.Proxies(), api.ForgetPassword(env.Postgres(), env.OneTimeTokens(), mailing.ResetMail(env), env.Limits(), env.Switch("RESET_TOKEN_IN_RESPONSE", false)))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
