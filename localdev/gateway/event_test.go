package gateway_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roster/localdev/gateway"
)

// delivered sends a request through a gateway and returns the event it became.
func delivered(t *testing.T, r *http.Request) events.APIGatewayV2HTTPRequest {
	t.Helper()
	var got []events.APIGatewayV2HTTPRequest
	g := gateway.New([]gateway.Route{{"ANY", "$default", "f"}, {"POST", "/u/{name}", "f"}},
		func(_ context.Context, _ string, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
			got = append(got, e)
			return events.APIGatewayV2HTTPResponse{StatusCode: 200}, nil
		})
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	if len(got) != 1 {
		t.Fatalf("%s %s: %d events, status %d", r.Method, r.URL, len(got), w.Code)
	}
	if id := w.Header().Get("Apigw-Requestid"); id == "" || id != got[0].RequestContext.RequestID {
		t.Errorf("Apigw-Requestid is %q, want %q", id, got[0].RequestContext.RequestID)
	}
	return got[0]
}

func TestEventIsAPIGateways(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "http://api.example.org:3000/u/J%C3%BCrg%20A?q=a%2Bb+c&q=2&e=", strings.NewReader(`{"a":1}`))
	r.RemoteAddr = "[fe80::1%eth0]:4711"
	r.Header = http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "User-Agent": {"test/1"}, "X-Probe": {"first", "second"}, "Connection": {"close"},
		"Cookie": {"session=abc; theme=dark", "third=x"}, "X-Forwarded-For": {"203.0.113.9"}, "X-Request-Id": {"forged"}, "Latin": {"\xfcber"},
	}
	e := delivered(t, r)
	check(t, e.Headers["x-amzn-trace-id"][:len("Root=1-")], "Root=1-")
	check(t, len(e.RequestContext.RequestID), 16)
	if when, err := time.Parse("02/Jan/2006:15:04:05 -0700", e.RequestContext.Time); err != nil || when.Unix() != e.RequestContext.TimeEpoch/1000 {
		t.Errorf("time %q, timeEpoch %d, error %v", e.RequestContext.Time, e.RequestContext.TimeEpoch, err)
	}
	want := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "POST /u/{name}", RawPath: "/u/Jürg A", RawQueryString: "q=a%2Bb+c&q=2&e=", Cookies: []string{"session=abc", "theme=dark", "third=x"},
		Headers: map[string]string{
			"content-type": "application/json; charset=utf-8", "user-agent": "test/1", "x-probe": "first,second", "x-request-id": "forged", "latin": "\uFFFDber",
			"host": "api.example.org:3000", "content-length": "7", "x-forwarded-for": "203.0.113.9, fe80::1", "x-forwarded-port": "3000", "x-forwarded-proto": "http",
			"x-amzn-trace-id": e.Headers["x-amzn-trace-id"],
		},
		QueryStringParameters: map[string]string{"q": "a+b c,2", "e": ""}, PathParameters: map[string]string{"name": "Jürg A"}, Body: `{"a":1}`,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: "POST /u/{name}", AccountID: "000000000000", APIID: "local", Stage: "$default", DomainName: "api.example.org:3000", DomainPrefix: "api",
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: "POST", Path: "/u/Jürg A", Protocol: "HTTP/1.1", SourceIP: "fe80::1", UserAgent: "test/1"},
		},
	}
	if diff := cmp.Diff(want, e, cmpopts.IgnoreFields(events.APIGatewayV2HTTPRequestContext{}, "RequestID", "Time", "TimeEpoch")); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if again := delivered(t, httptest.NewRequest("GET", "/", http.NoBody)); again.RequestContext.RequestID == e.RequestContext.RequestID {
		t.Error("two requests have one id")
	}
}

// What live HTTP APIs made of these paths in 2026.
func TestPathsAreDecodedTwice(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"/c/plain":            "/c/plain",
		"/c/a%20b":            "/c/a b",
		"/c/a+b":              "/c/a+b",
		"/c/a%3Fb":            "/c/a",
		"/c/a%23b":            "/c/a#b",
		"/c/a%2Fb":            "/c/a/b",
		"/c/%CE%BB-%E4%B8%96": "/c/λ-世",
		"/c/a%252Fb":          "/c/a/b",
		"/c/a%253Fb":          "/c/a?b",
		"/c/a%2525b":          "/c/a%b",
		"//x/../y/":           "//x/../y/",
		"/c/%FF":              "/c/\uFFFD",
	} {
		check(t, delivered(t, httptest.NewRequest("GET", sent, http.NoBody)).RawPath, want)
	}
	g := gateway.New([]gateway.Route{{"ANY", "$default", "f"}}, names)
	for _, sent := range []string{"/c/100%25", "/c/a%25zz", "*"} {
		status, body := send(g, "GET", sent)
		check(t, []any{status, body}, []any{400, `{"message":"Bad Request"}`})
	}
}

func TestBodiesAreTextOrBase64(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		contentType, body string
		encoded           bool
	}{
		{"application/json", "{}", false},
		{"application/json", "\xff", true},
		{"text/csv; charset=utf-8", "ü", false},
		{"application/x-www-form-urlencoded", "token=a", true},
		{"application/octet-stream", "a", true},
		{"nonsense;;", "a", true},
		{"", "a", false},
		{"image/png", "", false},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.contentType)
		e := delivered(t, r)
		want := c.body
		if c.encoded {
			want = base64.StdEncoding.EncodeToString([]byte(c.body))
		}
		check(t, []any{e.Body, e.IsBase64Encoded}, []any{want, c.encoded})
	}
}
