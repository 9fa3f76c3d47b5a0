package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"roster/localdev/gateway"
	"roster/shared/aws/lambdahttp"
)

// FuzzTarget sends raw request lines. Each must be answered, and never with
// 500: no client may be able to trip an alarm. The event must survive the JSON
// between API Gateway and Lambda, and the handler must see the event's path.
func FuzzTarget(f *testing.F) {
	for _, target := range []string{
		"/api/user/a", "/api/user/a%2Fb", "/api/user/%zz", "/api/user/100%25", "/a%3Fb?c#d", "//x", "/../..", "http://h/p?q", "*", "/%FF?%FF=%FF&%zz", "/;a=b", "/files/a/b", "?",
	} {
		f.Add("GET", target, "a=1; b")
	}
	f.Fuzz(func(t *testing.T, method, target, cookie string) {
		if strings.ContainsAny(cookie, "\r\n") {
			t.Skip("that is another request")
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + target + " HTTP/1.1\r\nHost: h\r\nCookie: " + cookie + "\r\n\r\n")))
		if err != nil {
			t.Skip("net/http refuses it before the gateway sees it")
		}
		r.RemoteAddr = "192.0.2.1:1234"
		var want string
		h := lambdahttp.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path != want {
				t.Errorf("the handler sees %q, the event has %q", r.URL.Path, want)
			}
		}))
		g := gateway.New([]gateway.Route{{"GET", "/api/user/{username}", "user"}, {"ANY", "/files/{rest+}", "files"}, {"GET", "/", "root"}, {"ANY", "$default", "other"}},
			func(ctx context.Context, _ string, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
				overTheWire(t, e)
				want = e.RawPath
				if e.RouteKey == "GET /api/user/{username}" && "/api/user/"+e.PathParameters["username"] != e.RawPath {
					t.Errorf("username is %q in %q", e.PathParameters["username"], e.RawPath)
				}
				return h(ctx, e)
			})
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != 200 && w.Code != 400 && w.Code != 431 {
			t.Errorf("status %d", w.Code)
		}
	})
}

func overTheWire(t *testing.T, e events.APIGatewayV2HTTPRequest) {
	t.Helper()
	payload, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var got events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, got); diff != "" {
		t.Errorf("the event changes in JSON:\n%s", diff)
	}
}
