package gateway

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Route sends the requests of a method and a path to a function.
type Route struct {
	Method string // "GET", or "ANY" for all methods without their own route on this path
	Path   string // "/user/{name}", "/files/{rest+}", or "$default" for requests that match no other route
	Target string // the function's name, which Invoke gets
}

const anyMethod, defaultPath = "ANY", "$default"

// route is a parsed Route.
type route struct {
	method, target, key string
	segments            []segment
	isDefault           bool
}

// A segment is the part of a path between two slashes.
type segment struct {
	literal string
	name    string // the variable's name, or "" for a literal segment
	greedy  bool   // matches all remaining segments
}

// Check returns an error for the first route that API Gateway would reject.
func Check(routes []Route) error {
	_, err := compile(routes)
	return err
}

// compile sorts the routes by API Gateway's priorities, so that the first match is
// the route that API Gateway would select: full matches, then greedy ones, then
// $default. A literal segment comes before a variable, and a method before ANY.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
func compile(routes []Route) ([]route, error) {
	table := make([]route, 0, len(routes))
	for _, r := range routes {
		c, err := parse(r)
		if err != nil {
			return nil, fmt.Errorf("route %q to %q: %w", strings.TrimSpace(r.Method+" "+r.Path), r.Target, err)
		}
		table = append(table, c)
	}
	slices.SortStableFunc(table, precedence)
	for i := 1; i < len(table); i++ {
		if precedence(table[i-1], table[i]) == 0 {
			return nil, fmt.Errorf("routes %q to %q and %q to %q match the same requests: remove one",
				table[i-1].key, table[i-1].target, table[i].key, table[i].target)
		}
	}
	return table, nil
}

// precedence compares two routes for sorting. It is 0 only for routes that match
// the same requests; the names of variables do not count.
func precedence(a, b route) int {
	if c := cmp.Compare(a.rank(), b.rank()); c != 0 {
		return c
	}
	for i := range min(len(a.segments), len(b.segments)) {
		if c := cmp.Compare(a.segments[i].rank(), b.segments[i].rank()); c != 0 {
			return c
		}
		if c := cmp.Compare(a.segments[i].literal, b.segments[i].literal); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(len(b.segments), len(a.segments)); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.methodRank(), b.methodRank()), cmp.Compare(a.method, b.method))
}

func (r route) methodRank() int {
	if r.method == anyMethod {
		return 1
	}
	return 0
}

func (r route) rank() int {
	switch {
	case r.isDefault:
		return 2
	case r.greedy():
		return 1
	}
	return 0
}

func (s segment) rank() int {
	switch {
	case s.greedy:
		return 2
	case s.name != "":
		return 1
	}
	return 0
}

func (r route) greedy() bool {
	n := len(r.segments)
	return n > 0 && r.segments[n-1].greedy
}
