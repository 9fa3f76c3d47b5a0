// Command refresh is the function behind POST /api/user/refresh.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/boot/signing"
	"roster/shared/user"
	"roster/shared/web"
)

func main() { lambdahttp.Start(web.WaitForSecrets(boot.Build(handler))) }

func handler(env *boot.Environment) http.Handler {
	return web.TrustProxies(env.Edge(), api.Refresh(env.Postgres(), user.RefreshParts{
		Tokens: signing.New(env), Refresh: env.RefreshTokens(), Sessions: env.SessionRules(), Notices: mailing.OptionalNotices(env),
	}))
}
