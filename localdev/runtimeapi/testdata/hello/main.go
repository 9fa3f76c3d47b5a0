// Command hello is a function like all functions of the API: an http.Handler.
package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"roster/shared/aws/lambdahttp"
)

func main() {
	lambdahttp.Start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		slog.InfoContext(r.Context(), "hello", "path", r.URL.Path)
		if r.URL.Path == "/panic" {
			panic("at the disco")
		}
		fmt.Fprintf(w, "hello from %d", os.Getpid())
	}))
}
