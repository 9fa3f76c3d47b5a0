// Command not_found is the function behind every request that no route takes.
package main

import (
	"roster/shared/api"
	"roster/shared/aws/lambdahttp"
	"roster/shared/aws/sam"
)

func main() {
	lambdahttp.Start(api.NotFound(sam.Methods(sam.MustRoutes())))
}
