// Command login is the function behind POST /api/user/login, and
// /user/login for clients of the service before Roster.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/signing"
	"roster/shared/user"
	"roster/shared/web"
)

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	h := web.TrustProxies(env.Edge(), api.Login(env.Postgres(), user.LoginParts{
		Passwords: env.Passwords(), Tokens: signing.New(env), Refresh: env.RefreshTokens(), Devices: env.DeviceTokens(), Limits: env.Limits(), Sessions: env.SessionRules(),
	}))
	return web.LegacyPaths(env.Bool("LEGACY_PATHS", false), h)
}
