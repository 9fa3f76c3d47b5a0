// Command reset_password_page is the function behind GET and POST
// /reset_password, the page that the mailed link opens.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/policy"
)

func main() {
	lambdahttp.Start(api.LatePage(boot.Build(func(env *boot.Environment) http.Handler {
		return api.Behind(env.Proxies(), api.ResetPasswordPage(env.Postgres(), env.OneTimeTokens(), policy.Passwords(env), env.Limits()))
	})))
}
