// Command docs is the function behind GET /, GET /openapi.json and GET
// /docs/{file}: the API's documentation.
package main

import (
	"net/http"

	"roster"
	"roster/shared/aws/lambdahttp"
	"roster/shared/docspage"
)

func main() { lambdahttp.Start(handler()) }

func handler() http.Handler { return docspage.Handler(roster.OpenAPIJSON) }
