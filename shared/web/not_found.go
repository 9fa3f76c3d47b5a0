package web

import (
	"net/http"
	"slices"
	"strings"

	"roster/shared/fault"
)

// NotFound answers requests without a route: 405 with Allow (RFC 9110 §15.5.6)
// if the path has other methods, else 404. API Gateway's own answer would be 404
// for both, and no problem document. The function methods returns the methods of
// a path.
func NotFound(methods func(path string) []string) http.Handler {
	return Endpoint(http.StatusNotFound, func(r *http.Request) (out Message, err error) {
		return out, noRoute(methods(r.URL.Path), r.Method)
	})
}

// WithMethods refuses a request whose path has other methods than its own, and
// passes on every other request. A route such as /api/user/{username} also gets
// requests for /api/user/login, which is a path of its own.
func WithMethods(methods func(path string) []string, next http.Handler) http.Handler {
	refuse := NotFound(methods)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if all := methods(r.URL.Path); len(all) > 0 && !slices.Contains(all, r.Method) {
			refuse.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// methodNotAllowedError carries the methods of a path to the Allow header.
type methodNotAllowedError struct {
	refusal *fault.Error
	allow   string
}

func (e methodNotAllowedError) Error() string { return e.refusal.Error() }
func (e methodNotAllowedError) Unwrap() error { return e.refusal }

func noRoute(allowed []string, method string) error {
	if len(allowed) == 0 {
		return &fault.Error{Code: fault.NotFound, Message: "There is nothing at this path."}
	}
	return methodNotAllowedError{
		refusal: &fault.Error{Code: methodNotAllowed, Message: "This path does not take " + method + "."},
		allow:   strings.Join(allowed, ", "),
	}
}
