// Command delete_user is the function behind DELETE /api/user/{username},
// and /user/{username} for clients of the service before Roster.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/cutover"
	"roster/shared/web"
	"roster/shared/web/routes"
)

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	h := web.TrustProxies(env.Edge(), api.DeleteUser(env.Postgres(), cutover.New(env)))
	return web.LegacyPaths(env.Bool("LEGACY_PATHS", false), web.WithMethods(routes.Methods, h))
}
