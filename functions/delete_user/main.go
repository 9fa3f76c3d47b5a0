// Command delete_user is the function behind DELETE /api/user/{username}.
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
	return web.WithMethods(routes.Methods, web.TrustProxies(env.Edge(), api.DeleteUser(env.Postgres(), tokens.New(env))))
}
