// Command get_user is the function behind GET /api/user/{username} and
// GET /api/user/me.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
	"roster/shared/web"
	"roster/shared/web/routes"
)

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	return web.WithMethods(routes.Methods, api.GetUser(env.Postgres(), tokens.New(env)))
}
