// Command list_users is the function behind GET /api/users.
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
	return api.ListUsers(env.Postgres(), tokens.New(env), env.Cursors())
}
