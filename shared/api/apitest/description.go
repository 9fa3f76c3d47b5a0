package apitest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"roster"
)

// description is the parsed openapi.yaml.
type description struct {
	doc *openapi3.T
	// fallback describes the answers to requests without an operation.
	fallback *openapi3.Operation
}

var loadDescription = sync.OnceValues(func() (*description, error) {
	for _, text := range []string{"text/html", "text/css", "text/javascript", "image/png"} {
		openapi3filter.RegisterBodyDecoder(text, openapi3filter.PlainBodyDecoder)
	}
	doc, err := openapi3.NewLoader().LoadFromData(roster.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	fallback, err := defaultRoute(doc)
	return &description{doc: doc, fallback: fallback}, err
})

// defaultRoute reads x-default-route, our own extension of OpenAPI.
func defaultRoute(doc *openapi3.T) (*openapi3.Operation, error) {
	text, err := json.Marshal(doc.Extensions["x-default-route"])
	if err != nil {
		return nil, err
	}
	var route struct {
		Responses map[string]struct {
			Ref string `json:"$ref"`
		} `json:"responses"`
	}
	if err := json.Unmarshal(text, &route); err != nil {
		return nil, fmt.Errorf("openapi.yaml: x-default-route: %w", err)
	}
	op := &openapi3.Operation{OperationID: "x-default-route", Responses: &openapi3.Responses{}, Security: openapi3.NewSecurityRequirements()}
	for status, r := range route.Responses {
		name := strings.TrimPrefix(r.Ref, "#/components/responses/")
		response, ok := doc.Components.Responses[name]
		if !ok {
			return nil, fmt.Errorf("openapi.yaml: x-default-route: no response %q", name)
		}
		op.Responses.Set(status, response)
	}
	return op, nil
}

// ownAccount is a path of its own and an account's path as well.
const ownAccount = "/api/user/me"

// find chooses a route as API Gateway does: among the routes that match, the one
// with the fewest variables, and $default if none matches.
func (d *description) find(req *http.Request) (*routers.Route, map[string]string) {
	best := &routers.Route{Spec: d.doc, Method: req.Method, PathItem: &openapi3.PathItem{}, Operation: d.fallback}
	method := req.Method
	if method == http.MethodHead {
		method = http.MethodGet // answered alike (RFC 9110 §9.3.2)
	}
	if item := d.doc.Paths.Value(req.URL.EscapedPath()); item != nil && item.GetOperation(method) == nil && req.URL.Path != ownAccount {
		return best, nil // a path of its own is no username
	}
	var values map[string]string
	for path, item := range d.doc.Paths.Map() {
		op := item.GetOperation(method)
		if op == nil {
			continue
		}
		v, ok := match(path, req.URL.EscapedPath())
		if ok && (values == nil || len(v) < len(values)) {
			values = v
			best = &routers.Route{Spec: d.doc, Method: req.Method, Path: path, PathItem: item, Operation: op}
		}
	}
	return best, values
}

// match compares a path with a template and returns the values of the variables.
func match(template, path string) (values map[string]string, ok bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	values = map[string]string{}
	for i := range want {
		segment, err := url.PathUnescape(got[i])
		if err != nil {
			return nil, false
		}
		if name, isVariable := strings.CutPrefix(want[i], "{"); isVariable && segment != "" {
			values[strings.TrimSuffix(name, "}")] = segment
		} else if want[i] != segment {
			return nil, false
		}
	}
	return values, true
}
