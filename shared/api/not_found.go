package api

import (
	"net/http"
	"slices"
	"strings"

	"roster/shared/user"
)

// Route is a method and a path as template.yaml has them.
type Route struct{ Method, Path string }

// NotFound answers what no route takes: 405 with Allow (RFC 9110 §15.5.6) where
// the path has other methods, else 404. API Gateway's own answer would be 404
// for both, and not a problem document.
func NotFound(routes []Route) http.Handler {
	return endpoint(http.StatusNotFound, func(r *http.Request) (out message, err error) {
		return out, noRoute(routes, r)
	})
}

// notAllowed carries the methods of a path to the Allow header.
type notAllowed struct {
	refusal *user.Error
	allow   string
}

func (e notAllowed) Error() string { return e.refusal.Error() }
func (e notAllowed) Unwrap() error { return e.refusal }

func noRoute(routes []Route, r *http.Request) error {
	var allow []string
	for _, route := range routes {
		if matches(route.Path, r.URL.Path) {
			allow = append(allow, route.Method)
		}
	}
	if len(allow) == 0 {
		return &user.Error{Code: user.NotFound, Message: "There is nothing at this path."}
	}
	slices.Sort(allow)
	return notAllowed{
		refusal: &user.Error{Code: methodNotAllowed, Message: "This path does not take " + r.Method + "."},
		allow:   strings.Join(allow, ", "),
	}
}

func matches(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if strings.HasPrefix(want[i], "{") {
			if got[i] == "" {
				return false
			}
		} else if want[i] != got[i] {
			return false
		}
	}
	return true
}
