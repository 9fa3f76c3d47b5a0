// Command docs is the function behind GET /, GET /openapi.json and GET
// /docs/{file}: the API's documentation.
package main

import (
	"roster"
	"roster/shared/aws/lambdahttp"
	"roster/shared/docspage"
)

func main() {
	lambdahttp.Start(docspage.Handler(roster.OpenAPI))
}
