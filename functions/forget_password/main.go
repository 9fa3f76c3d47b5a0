// Command forget_password is the function behind POST
// /api/user/forget_password.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/mailing"
)

func main() {
	lambdahttp.Start(api.Late(boot.Build(func(env *boot.Environment) http.Handler {
		return api.Behind(env.Proxies(), api.ForgetPassword(env.Postgres(), env.OneTimeTokens(), mailing.ResetMail(env), env.Limits(), env.Switch("RESET_TOKEN_IN_RESPONSE", false)))
	})))
}
