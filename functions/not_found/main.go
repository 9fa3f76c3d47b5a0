// Command not_found is the function behind every request that matches no route.
package main

import (
	"net/http"

	"roster/shared/aws/lambdahttp"
	"roster/shared/web"
	"roster/shared/web/routes"
)

func main() { lambdahttp.Start(handler()) }

func handler() http.Handler { return web.NotFound(routes.Methods) }
