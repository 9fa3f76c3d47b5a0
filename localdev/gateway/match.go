package gateway

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

var methods = []string{
	anyMethod, http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPatch, http.MethodPost, http.MethodPut,
}

func parse(r Route) (route, error) {
	method := strings.ToUpper(r.Method)
	switch {
	case r.Target == "":
		return route{}, errors.New("the target is missing")
	case r.Path == defaultPath && (method == anyMethod || method == ""):
		return route{method: anyMethod, target: r.Target, key: defaultPath, isDefault: true}, nil
	case !slices.Contains(methods, method):
		return route{}, errors.New("the method must be one of " + strings.Join(methods, ", "))
	case !strings.HasPrefix(r.Path, "/"):
		return route{}, errors.New("the path must start with / or be " + defaultPath)
	}
	segments, err := parsePath(r.Path)
	return route{method: method, target: r.Target, key: method + " " + r.Path, segments: segments}, err
}

func parsePath(path string) ([]segment, error) {
	if path == "/" {
		return []segment{{}}, nil
	}
	var segments []segment
	names := map[string]bool{}
	for s := range strings.SplitSeq(path[1:], "/") {
		if len(segments) > 0 && segments[len(segments)-1].greedy {
			return nil, errors.New("a {name+} variable must be at the end")
		}
		seg, err := parseSegment(s)
		if err != nil {
			return nil, err
		}
		if seg.name != "" && names[seg.name] {
			return nil, errors.New("the variable {" + seg.name + "} is used twice")
		}
		names[seg.name] = true
		segments = append(segments, seg)
	}
	return segments, nil
}

func parseSegment(s string) (segment, error) {
	inner, open := strings.CutPrefix(s, "{")
	inner, closed := strings.CutSuffix(inner, "}")
	if !open && !closed && s != "" && !strings.ContainsAny(s, "{}") {
		return segment{literal: s}, nil
	}
	name, greedy := strings.CutSuffix(inner, "+")
	if !open || !closed || name == "" || strings.ContainsAny(name, "{}+") {
		return segment{}, errors.New("each segment must be text, {name} or {name+}")
	}
	return segment{name: name, greedy: greedy}, nil
}

// find returns the route of a request and the values of its path variables.
func find(table []route, method, path string) (route, map[string]string, bool) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, r := range table {
		if r.method != anyMethod && r.method != method {
			continue
		}
		if r.isDefault {
			return r, nil, true
		}
		if params, ok := r.match(segments); ok {
			return r, params, true
		}
	}
	return route{}, nil, false
}

// match compares whole segments. A variable matches only a segment that is not
// empty, so /user/ does not match /user/{name}.
func (r route) match(path []string) (map[string]string, bool) {
	if len(path) < len(r.segments) || len(path) > len(r.segments) && !r.greedy() {
		return nil, false
	}
	var params map[string]string
	for i, s := range r.segments {
		if s.name == "" {
			if s.literal != path[i] {
				return nil, false
			}
			continue
		}
		value := path[i]
		if s.greedy {
			value = strings.Join(path[i:], "/")
		}
		if value == "" {
			return nil, false
		}
		if params == nil {
			params = map[string]string{}
		}
		params[s.name] = value
	}
	return params, true
}
