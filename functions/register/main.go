// Command register is the function behind POST /api/user/register,
// and /user/register for clients of the service before Roster.
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
	parts := user.RegisterParts{Passwords: policy.Passwords(env), Limits: env.Limits(), Mode: env.Registration()}
	return web.LegacyPaths(env.Bool("LEGACY_PATHS", false), web.TrustProxies(env.Edge(), api.Register(env.Postgres(), parts)))
}
