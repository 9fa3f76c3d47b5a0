// Command sessions is the function behind GET /api/user/{username}/sessions.
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
		return api.Sessions(env.Postgres(), tokens.New(env))
	})))
}
