// Command health is the function behind GET /healthz.
package main

import (
	"net/http"

	"roster"
	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/web"
)

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	return api.Health(env.Postgres(), roster.Version)
}
