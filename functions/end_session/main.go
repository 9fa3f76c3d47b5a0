// Command end_session is the function behind DELETE /api/user/{username}/sessions/{id}.
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
	return web.TrustProxies(env.Edge(), api.EndSession(env.Postgres(), tokens.New(env)))
}
