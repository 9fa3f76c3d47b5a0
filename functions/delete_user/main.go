// Command delete_user is the function behind DELETE /api/user/{username}.
package main

import (
	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/tokens"
	"roster/shared/lambdahttp"
)

func main() {
	env := boot.Load()
	handler := api.Behind(env.Proxies(), api.DeleteUser(env.Postgres(), tokens.New(env)))
	env.MustBeUsable()
	lambdahttp.Start(handler)
}
