// Command reset_password_page is the function behind GET and POST
// /reset_password, the page that the mailed link opens, and behind GET
// /.well-known/change-password.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/policy"
	"roster/shared/user"
	"roster/shared/web"
)

func main() { lambdahttp.Start(api.WaitForSecretsPage(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	parts := user.ResetPasswordParts{Tokens: env.OneTimeTokens(), Passwords: policy.Passwords(env), Limits: env.Limits()}
	brand := api.Brand{Name: env.AppName(), ReturnURL: env.ReturnURL()}
	return web.TrustProxies(env.Edge(), api.ResetPasswordPage(env.Postgres(), parts, brand))
}
