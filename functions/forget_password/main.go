// Command forget_password is the function behind POST
// /api/user/forget_password, and behind GET and POST /forgot_password, the page
// that does the same. /user/forget_password is for clients of the service before
// Roster.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/user"
	"roster/shared/web"
)

func main() { lambdahttp.Start(api.WaitForSecretsForgotPassword(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	parts := user.ForgetPasswordParts{Tokens: env.OneTimeTokens(), Notices: mailing.Notices(env), Limits: env.Limits()}
	db, brand := env.Postgres(), api.Brand{Name: env.AppName(), ReturnURL: env.ReturnURL()}
	call := api.ForgetPassword(db, parts, env.Bool("RESET_TOKEN_IN_RESPONSE", false))
	h := api.WithForgotPasswordPage(call, api.ForgotPasswordPage(db, parts, brand))
	return web.LegacyPaths(env.Bool("LEGACY_PATHS", false), web.TrustProxies(env.Edge(), h))
}
