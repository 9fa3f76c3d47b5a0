// Command not_found is the function behind every request that matches no route.
package main

import (
	"net/http"

	"roster/shared/aws/lambdahttp"
	"roster/shared/aws/sam"
	"roster/shared/web"
)

func main() { lambdahttp.Start(handler()) }

func handler() http.Handler { return web.NotFound(sam.Methods(sam.MustRoutes())) }
