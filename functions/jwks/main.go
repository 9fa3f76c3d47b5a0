// Command jwks is the function behind GET /.well-known/jwks.json and GET
// /.well-known/openid-configuration: what others verify access tokens with.
package main

import (
	"net/http"

	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/boot/keys"
	"roster/shared/boot/settings"
	"roster/shared/web"
)

func main() { lambdahttp.Start(web.WaitForSecrets(settings.Build(handler))) }

func handler(env *settings.Environment) http.Handler {
	return api.JWKS(keys.New(env), env.PublicURL())
}
