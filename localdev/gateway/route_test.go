package gateway_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"roster/localdev/gateway"
)

func check(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// names answers with the function, the route and the parameters of a request.
func names(_ context.Context, target string, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	body := target + " " + e.RouteKey
	for _, name := range slices.Sorted(maps.Keys(e.PathParameters)) {
		body += fmt.Sprintf(" %s=%q", name, e.PathParameters[name])
	}
	return events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: body}, nil
}

func send(h http.Handler, method, target string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, http.NoBody))
	return w.Code, w.Body.String()
}

func TestRoutesByPriority(t *testing.T) {
	t.Parallel()
	routes := []gateway.Route{ // in an order that helps nobody
		{"ANY", "$default", "default"},
		{"ANY", "/{proxy+}", "all"},
		{"GET", "/pets/{proxy+}", "pets"},
		{"GET", "/pets/dog/{id}", "dog"},
		{"ANY", "/pets/dog/1", "any-dog-1"},
		{"get", "/pets/dog/1", "dog-1"},
		{"POST", "/pets/{kind}/{id}", "make"},
		{"GET", "/", "root"},
	}
	for range 2 {
		g := gateway.New(routes, names)
		for _, c := range []struct{ method, target, want string }{
			{"GET", "/pets/dog/1", "dog-1 GET /pets/dog/1"},
			{"PUT", "/pets/dog/1", "any-dog-1 ANY /pets/dog/1"},
			{"HEAD", "/pets/dog/1", "any-dog-1 ANY /pets/dog/1"},
			{"GET", "/pets/dog/2", `dog GET /pets/dog/{id} id="2"`},
			{"GET", "/pets/cat/1", `pets GET /pets/{proxy+} proxy="cat/1"`},
			{"POST", "/pets/cat/1", `make POST /pets/{kind}/{id} id="1" kind="cat"`},
			{"POST", "/test/5", `all ANY /{proxy+} proxy="test/5"`},
			{"GET", "/pets/", `all ANY /{proxy+} proxy="pets/"`},
			{"GET", "/pets/dog/", `pets GET /pets/{proxy+} proxy="dog/"`},
			{"GET", "/pets//x", `pets GET /pets/{proxy+} proxy="/x"`},
			{"GET", "/pets/../x", `pets GET /pets/{proxy+} proxy="../x"`},
			{"GET", "/PETS/dog/1", `all ANY /{proxy+} proxy="PETS/dog/1"`},
			{"GET", "/", "root GET /"},
			{"POST", "/", "default $default"},
			{"BREW", "/", "default $default"},
		} {
			status, body := send(g, c.method, c.target)
			if status != 200 || body != c.want {
				t.Errorf("%s %s: %d %s, want %s", c.method, c.target, status, body, c.want)
			}
		}
		slices.Reverse(routes)
	}
}

func TestNoRouteAnswers404(t *testing.T) {
	t.Parallel()
	g := gateway.New([]gateway.Route{{"GET", "/api/user/{username}", "f"}}, names)
	for _, c := range []struct{ method, target string }{
		{"GET", "/"},
		{"POST", "/api/user/a"},
		{"HEAD", "/api/user/a"},
		{"GET", "/api/user/"},
		{"GET", "/api/user"},
		{"GET", "/api/user/a/"},
		{"GET", "/api/user/a%2Fb"},
		{"GET", "//api/user/a"},
	} {
		status, body := send(g, c.method, c.target)
		check(t, []any{status, body}, []any{404, `{"message":"Not Found"}`})
	}
}

func TestRoutesThatAPIGatewayRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want   string
		routes []gateway.Route
	}{
		{"method must be", []gateway.Route{{"BREW", "/", "f"}}},
		{"method must be", []gateway.Route{{"", "/", "f"}}},
		{"must start with /", []gateway.Route{{"GET", "x", "f"}}},
		{"must start with /", []gateway.Route{{"GET", "$default", "f"}}},
		{"target is missing", []gateway.Route{{"GET", "/", ""}}},
		{"each segment", []gateway.Route{{"GET", "/a//b", "f"}}},
		{"each segment", []gateway.Route{{"GET", "/a/", "f"}}},
		{"each segment", []gateway.Route{{"GET", "/a{b}", "f"}}},
		{"each segment", []gateway.Route{{"GET", "/{}", "f"}}},
		{"each segment", []gateway.Route{{"GET", "/{a", "f"}}},
		{"at the end", []gateway.Route{{"GET", "/{a+}/b", "f"}}},
		{"is used twice", []gateway.Route{{"GET", "/{a}/{a}", "f"}}},
		{"same requests", []gateway.Route{{"GET", "/{a}", "f"}, {"POST", "/x", "g"}, {"get", "/{b}", "h"}}},
		{"same requests", []gateway.Route{{"ANY", "$default", "f"}, {"", "$default", "g"}}},
	} {
		if err := gateway.Check(c.routes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want one with %q", c.routes, err, c.want)
		}
	}
	if err := gateway.Check([]gateway.Route{{"GET", "/{a}", "f"}, {"ANY", "/{b}", "g"}, {"GET", "/{a}/b", "h"}, {"GET", "/{a+}", "i"}}); err != nil {
		t.Error(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("New took a bad route")
		}
	}()
	gateway.New([]gateway.Route{{"GET", "x", "f"}}, names)
}
