// Command jwks is the function behind GET /.well-known/jwks.json and GET
// /.well-known/openid-configuration: what others verify access tokens with.
package main

import (
	"roster/shared/api"
	"roster/shared/boot/keys"
	"roster/shared/lambdahttp"
	"roster/shared/settings"
)

func main() {
	env := settings.Load()
	handler := api.JWKS(keys.Of(env), env.Origin("PUBLIC_URL"))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
