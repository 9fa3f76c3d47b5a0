// Command health is the function behind GET /healthz.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/lambdahttp"
)

func main() {
	lambdahttp.Start(api.Late(boot.Build(func(env *boot.Environment) http.Handler {
		return api.Health(env.Postgres())
	})))
}
