// Command end_session is the function behind DELETE /api/user/{username}/sessions/{id}.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Behind(env.Proxies(), api.EndSession(env.Postgres(), tokens.New(env)))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
