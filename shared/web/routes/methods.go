// Package routes knows the routes of the API: which methods each path has. The
// list is written from template.yaml, so that a function need not parse that file
// at each start. The package refuses to know what a route does.
package routes

import (
	"slices"
	"strings"
)

// route is a method and a path. A segment such as {name} stands for any one that
// is not empty.
type route struct{ Method, Path string }

// Methods returns the methods of a path, sorted. A path that is a route itself
// has that route's methods only: API Gateway takes GET /api/user/login for the
// account "login", which there cannot be.
func Methods(path string) []string { return methods(all, path) }

// ownAccount is a route itself, and an account's path as well.
const ownAccount = "/api/user/me"

func methods(routes []route, path string) []string {
	literal := path != ownAccount && slices.ContainsFunc(routes, func(r route) bool { return r.Path == path })
	var found []string
	for _, r := range routes {
		if r.Path == path || !literal && covers(r.Path, path) {
			found = append(found, r.Method)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// covers reports whether a path matches a pattern such as /user/{name}, where {name}
// stands for one segment that is not empty. It allocates nothing, because it is asked
// for each route at each request.
func covers(pattern, path string) bool {
	for {
		want, morePattern, patternGoesOn := strings.Cut(pattern, "/")
		got, morePath, pathGoesOn := strings.Cut(path, "/")
		if strings.HasPrefix(want, "{") {
			if got == "" {
				return false
			}
		} else if want != got {
			return false
		}
		if !patternGoesOn || !pathGoesOn {
			return patternGoesOn == pathGoesOn
		}
		pattern, path = morePattern, morePath
	}
}
