// Command reset_password is the function behind POST
// /api/user/reset_password, and /user/reset_password for clients of the service
// before Roster.
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

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	parts := user.ResetPasswordParts{Tokens: env.OneTimeTokens(), Passwords: policy.Passwords(env), Limits: env.Limits()}
	return web.LegacyPaths(env.Bool("LEGACY_PATHS", false), web.TrustProxies(env.Edge(), api.ResetPassword(env.Postgres(), parts)))
}
