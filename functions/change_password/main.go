// Command change_password is the function behind POST /api/user/change_password.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/policy"
	"roster/shared/boot/signing"
	"roster/shared/user"
	"roster/shared/web"
)

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	tokens := signing.New(env)
	parts := user.ChangePasswordParts{Passwords: policy.Passwords(env), Limits: env.Limits(), Tokens: tokens}
	return web.TrustProxies(env.Edge(), api.ChangePassword(env.Postgres(), parts, tokens))
}
