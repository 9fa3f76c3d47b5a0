// Command send_reset is the function behind POST /api/user/{username}/reset.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/boot/tokens"
	"roster/shared/user"
	"roster/shared/web"
)

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	parts := user.ForgetPasswordParts{Tokens: env.OneTimeTokens(), Notices: mailing.Notices(env), Limits: env.Limits()}
	return web.TrustProxies(env.Edge(), api.SendReset(env.Postgres(), parts, tokens.New(env)))
}
