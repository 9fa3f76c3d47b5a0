// Command update_user is the function behind PUT and PATCH
// /api/user/{username}.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/policy"
	"roster/shared/boot/tokens"
	"roster/shared/user"
	"roster/shared/web"
	"roster/shared/web/routes"
)

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	parts := user.UpdateParts{Passwords: policy.Passwords(env), Limits: env.Limits()}
	return web.WithMethods(routes.Methods, web.TrustProxies(env.Edge(), api.UpdateUser(env.Postgres(), parts, tokens.New(env))))
}
