// Command export_user is the function behind GET /api/user/{username}/export.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
	"roster/shared/web"
)

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	return web.TrustProxies(env.Edge(), api.ExportUser(env.Postgres(), env.Limits(), tokens.New(env)))
}
