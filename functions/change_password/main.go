// Command change_password is the function behind POST /api/user/change_password.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/policy"
	"roster/shared/boot/signing"
)

func main() {
	lambdahttp.Start(api.Late(boot.Build(func(env *boot.Environment) http.Handler {
		return api.Behind(env.Proxies(), api.ChangePassword(env.Postgres(), policy.Passwords(env), env.Limits(), signing.New(env)))
	})))
}
