package lambdahttp_test

import (
	"io"
	"net/http"
	"testing"

	"roster/shared/aws/lambdahttp"
)

// A custom domain may have the API at a path (an API mapping key), which rawPath
// keeps. A handler sees the route's own path.
func TestABasePathIsNotTheHandlers(t *testing.T) {
	t.Parallel()
	f := lambdahttp.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }))
	for _, test := range []struct{ key, raw, stage, want string }{
		{"GET /api/user/{username}", "/auth/api/user/ann", "$default", "/api/user/ann"},
		{"GET /api/user/{username}", "/a/b/api/user/ann", "$default", "/api/user/ann"},
		{"GET /api/user/{username}", "/api/user/ann", "$default", "/api/user/ann"},
		{"GET /reset_password", "/auth/reset_password", "$default", "/reset_password"},
		{"GET /reset_password", "/dev/reset_password", "dev", "/reset_password"},
		{"GET /.well-known/jwks.json", "/auth/.well-known/jwks.json", "$default", "/.well-known/jwks.json"},
		{"GET /docs/{file}", "/auth/docs/page.css", "$default", "/docs/page.css"},
		{"GET /", "/auth", "$default", "/"},
		{"GET /", "/auth/", "$default", "/"},
		{"GET /", "/", "$default", "/"},
		{"$default", "/auth/nothing", "$default", "/auth/nothing"},
		{"", "/api/user/ann", "$default", "/api/user/ann"},
	} {
		e := get(test.raw)
		e.RouteKey, e.RequestContext.Stage = test.key, test.stage
		answer, err := f(t.Context(), e)
		if err != nil || answer.Body != test.want {
			t.Errorf("%s for %q: %q, %v; want %q", test.raw, test.key, answer.Body, err, test.want)
		}
	}
}
