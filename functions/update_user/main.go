// Command update_user is the function behind PUT and PATCH
// /api/user/{username}, and PUT /user/{username} for clients of the service before
// Roster.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/cutover"
	"roster/shared/boot/policy"
	"roster/shared/user"
	"roster/shared/web"
	"roster/shared/web/routes"
)

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	parts := user.UpdateParts{Passwords: policy.Passwords(env), Limits: env.Limits()}
	h := web.TrustProxies(env.Edge(), api.UpdateUser(env.Postgres(), parts, cutover.New(env)))
	return web.LegacyPaths(env.Bool("LEGACY_PATHS", false), web.WithMethods(routes.Methods, h))
}
