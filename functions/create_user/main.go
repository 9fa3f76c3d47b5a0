// Command create_user is the function behind POST /api/users.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/boot/policy"
	"roster/shared/boot/tokens"
	"roster/shared/user"
	"roster/shared/web"
)

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	parts := user.CreateParts{Passwords: policy.Passwords(env), Tokens: env.OneTimeTokens(), Notices: mailing.OptionalNotices(env), Limits: env.Limits()}
	return web.TrustProxies(env.Edge(), api.CreateUser(env.Postgres(), parts, tokens.New(env)))
}
