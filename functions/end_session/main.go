// Command end_session is the function behind DELETE /api/user/{username}/sessions/{id}.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
)

func main() {
	lambdahttp.Start(api.Late(boot.Build(func(env *boot.Environment) http.Handler {
		return api.Behind(env.Proxies(), api.EndSession(env.Postgres(), tokens.New(env)))
	})))
}
