// Command authorizer is the Lambda authorizer for other APIs: it tells their API
// Gateway whether an access token is valid, and whose it is.
package main

import (
	"roster/shared/authorizer"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
)

func main() {
	env := boot.Load()
	a := authorizer.New(env.Postgres(), tokens.New(env), env.AuthorizerCache())
	env.MustBeUsable()
	authorizer.Start(a)
}
