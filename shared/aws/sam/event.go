package sam

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Route is a method and a path, as an HTTP API has them. The method is in capitals,
// or ANY. The path may have parameters, as in /api/user/{username}, or it is
// $default.
type Route struct{ Method, Path string }

// String returns the route key, as API Gateway writes it in an event.
func (r Route) String() string {
	if r.Path == DefaultPath {
		return r.Path
	}
	return r.Method + " " + r.Path
}

// DefaultPath is the path of the route for every request that matches no other.
const DefaultPath = "$default"

// methods are those that an HTTP API can route.
var methods = []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

func (f *Function) readEvents(events map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(events)) {
		event, _ := events[name].(map[string]any)
		properties := mapping(event, "Properties")
		switch event["Type"] {
		case "HttpApi":
			route, err := newRoute(properties)
			if err != nil {
				return fmt.Errorf("event %s: %w", name, err)
			}
			f.Routes = append(f.Routes, route)
		case "Schedule", "ScheduleV2":
			expression, ok := cmp.Or(properties["Schedule"], properties["ScheduleExpression"]).(string)
			if !ok {
				return fmt.Errorf("event %s: it needs a Schedule, written out", name)
			}
			f.Schedules = append(f.Schedules, expression)
		}
	}
	slices.SortFunc(f.Routes, func(a, b Route) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return nil
}

// newRoute follows SAM: an event without path and method is the default route.
func newRoute(properties map[string]any) (Route, error) {
	if properties["Path"] == nil && properties["Method"] == nil {
		return Route{Method: "ANY", Path: DefaultPath}, nil
	}
	path, ok := properties["Path"].(string)
	if !ok || path != DefaultPath && !strings.HasPrefix(path, "/") {
		return Route{}, fmt.Errorf("its Path must start with a slash or be %s", DefaultPath)
	}
	method, _ := properties["Method"].(string)
	route := Route{Method: strings.ToUpper(method), Path: path}
	if !slices.Contains(methods, route.Method) {
		return Route{}, fmt.Errorf("its Method %q is wrong; an HTTP API routes %s", method, strings.Join(methods, ", "))
	}
	return route, nil
}

// IsLegacy reports whether it is a path of the service before Roster, which a
// deployment serves only with LEGACY_PATHS.
func (r Route) IsLegacy() bool { return strings.HasPrefix(r.Path, "/user/") }
