package sam

import "roster"

// MustRoutes returns the routes of Roster's own template, without the default
// route. It panics when Parse refuses the template; the tests show that it does
// not.
func MustRoutes() []Route {
	t, err := Parse(roster.Template)
	if err != nil {
		panic(err)
	}
	var routes []Route
	for _, route := range t.Routes() {
		if route.Path != DefaultPath {
			routes = append(routes, route)
		}
	}
	return routes
}
