package web

import (
	"net/http"
	"strings"
)

// legacyPrefix begins each path of the service that Roster replaces. Roster's own
// begin with /api/.
const legacyPrefix = "/user/"

// LegacyPaths answers 404 to a request that came by a path of the service before
// Roster, such as /user/login, unless these paths are served. All other requests
// are passed on. The route decides and not the request's path, which an API mapping
// may begin with something else.
func LegacyPaths(served bool, next http.Handler) http.Handler {
	if served {
		return next
	}
	refuse := NotFound(func(string) []string { return nil })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, path, _ := strings.Cut(r.Pattern, " "); strings.HasPrefix(path, legacyPrefix) {
			refuse.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
