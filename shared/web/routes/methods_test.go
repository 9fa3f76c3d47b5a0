package routes

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMethods(t *testing.T) {
	t.Parallel()
	some := []route{{"GET", "/api/user/me"}, {"PUT", "/api/user/{name}"}, {"PUT", "/user/{name}"}, {"GET", "/user/{name}"}, {"POST", "/user/login"}, {"GET", "/"}}
	tests := map[string][]string{
		"/user/ann":   {"GET", "PUT"},
		"/user/login": {"POST"},
		"/api/user/me": {"GET", "PUT"},
		"/":           {"GET"},
		"/user/":      nil,
		"/user":       nil,
		"/user/ann/x": nil,
		"/USER/ann":   nil,
		"//":          nil,
		"$default":    nil,
		"":            nil,
	}
	for path, want := range tests {
		if diff := cmp.Diff(want, methods(some, path)); diff != "" {
			t.Errorf("methods of %q (-want +got):\n%s", path, diff)
		}
	}
}
