package sam

import (
	"slices"
	"strings"
)

// Methods returns a function that tells which methods the routes have for a path,
// sorted. It leaves the default route out.
func Methods(routes []Route) func(path string) []string {
	return func(path string) []string {
		var methods []string
		for _, r := range routes {
			if r.Path != DefaultPath && covers(r.Path, path) {
				methods = append(methods, r.Method)
			}
		}
		slices.Sort(methods)
		return slices.Compact(methods)
	}
}

// covers reports whether a path matches a pattern such as /user/{name}, where {name}
// stands for one segment that is not empty.
func covers(pattern, path string) bool {
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
