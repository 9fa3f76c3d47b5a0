package lambdahttp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"roster/shared/aws/lambdahttp"
)

// get returns a request as API Gateway delivers it.
func get(path string) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: path,
		Headers: map[string]string{"host": "api.example.org"},
	}
	e.RequestContext.Stage = "$default"
	e.RequestContext.RequestID = "ATfSmjLgPHcESJw="
	e.RequestContext.HTTP.Method = http.MethodGet
	e.RequestContext.HTTP.Path = path
	e.RequestContext.HTTP.SourceIP = "192.0.2.7"
	return e
}

func post(body string) events.APIGatewayV2HTTPRequest {
	e := get("/")
	e.RequestContext.HTTP.Method = http.MethodPost
	e.Body = body
	return e
}

func invoke(t *testing.T, h http.HandlerFunc, e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	t.Helper()
	resp, err := lambdahttp.Wrap(h)(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// inHandler runs a request and returns what f reads from it in the handler.
func inHandler[T any](t *testing.T, e events.APIGatewayV2HTTPRequest, f func(*http.Request) T) (got T) {
	t.Helper()
	invoke(t, func(_ http.ResponseWriter, r *http.Request) { got = f(r) }, e)
	return got
}

func check(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestPathsMayHoldAnyCharacter(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/u/abc", "/u/a b", "/u/100%", "/u/a?b", "/u/a#b", "/u/ü", "/u/a%20b", "//x", "/..", "/a//b", "/\x00\n",
		"/\xff", "/:",
	} {
		e := get(path)
		e.RawQueryString = "q=a%3Fb&q=2#c"
		got := inHandler(t, e, func(r *http.Request) []string { return []string{r.URL.Path, r.URL.RawQuery, r.FormValue("q")} })
		check(t, got, []string{path, "q=a%3Fb&q=2#c", "a?b"})
	}
}

func TestStageIsNotPartOfThePath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ stage, raw, want string }{
		{"prod", "/prod/u/1", "/u/1"},
		{"prod", "/prod", "/"},
		{"prod", "/product", "/product"},
		{"prod", "/u/1", "/u/1"},
		{"$default", "/$default/u", "/$default/u"},
		{"$default", "", "/"},
	} {
		e := get(c.raw)
		e.RequestContext.Stage = c.stage
		check(t, inHandler(t, e, func(r *http.Request) string { return r.URL.Path }), c.want)
	}
}

func TestRouteAndParametersReachTheHandler(t *testing.T) {
	t.Parallel()
	e := get("/api/user/a%2Fb")
	e.RouteKey = "GET /api/user/{username}"
	e.PathParameters = map[string]string{"username": "a%2Fb"} // decoded by the gateway, and not a second time here
	got := inHandler(t, e, func(r *http.Request) []string {
		return []string{r.Pattern, r.PathValue("username"), r.PathValue("other")}
	})
	check(t, got, []string{"GET /api/user/{username}", "a%2Fb", ""})
}

func TestTheRequestIDComesFromTheGateway(t *testing.T) {
	t.Parallel()
	id := func(r *http.Request) []string { return r.Header["X-Request-Id"] }
	e := get("/")
	e.Headers["x-request-id"] = "forged"
	check(t, inHandler(t, e, id), []string{"ATfSmjLgPHcESJw="})
	e.RequestContext.RequestID = ""
	check(t, inHandler(t, e, id), []string(nil))
}

func TestTheClientAddressComesFromTheGateway(t *testing.T) {
	t.Parallel()
	e := get("/")
	e.Headers["x-forwarded-for"] = "203.0.113.9, 10.0.0.1"
	got := inHandler(t, e, func(r *http.Request) []string { return []string{r.RemoteAddr, r.Header.Get("X-Forwarded-For")} })
	check(t, got, []string{"192.0.2.7:0", "203.0.113.9, 10.0.0.1"})
	e.RequestContext.HTTP.SourceIP = "2001:db8::1"
	check(t, inHandler(t, e, func(r *http.Request) string { return r.RemoteAddr }), "[2001:db8::1]:0")
}

func TestHeaderValuesAreNotSplit(t *testing.T) {
	t.Parallel()
	e := get("/")
	e.Headers = map[string]string{
		"host":              "api.example.org",
		"x-device-name":     "Ann's phone, blue",
		"transfer-encoding": "chunked",
		"cookie":            "old=1",
	}
	e.Cookies = []string{"s=1", "t=a,b"}
	got := inHandler(t, e, func(r *http.Request) http.Header {
		check(t, r.Host, "api.example.org")
		check(t, len(r.Cookies()), 2)
		return r.Header
	})
	check(t, got, http.Header{"X-Device-Name": {"Ann's phone, blue"}, "Cookie": {"s=1; t=a,b"}, "X-Request-Id": {"ATfSmjLgPHcESJw="}})
	e.Headers = nil
	e.RequestContext.DomainName = "d.example.org"
	check(t, inHandler(t, e, func(r *http.Request) string { return r.Host }), "d.example.org")
}

func TestBodiesAreDecodedOnce(t *testing.T) {
	t.Parallel()
	read := func(r *http.Request) string {
		b, err := io.ReadAll(r.Body)
		if err != nil || r.ContentLength != int64(len(b)) {
			t.Errorf("read %q, length %d, error %v", b, r.ContentLength, err)
		}
		return string(b)
	}
	check(t, inHandler(t, post(`{"a":"ü"}`), read), `{"a":"ü"}`)
	check(t, inHandler(t, post("aGk="), read), "aGk=") // text that looks like base64 is text
	e := post(base64.StdEncoding.EncodeToString([]byte("aGk=\xff\x00")))
	e.IsBase64Encoded = true
	check(t, inHandler(t, e, read), "aGk=\xff\x00")
}

func TestRequestsThatCannotBeReadAreAnswered400(t *testing.T) {
	t.Parallel()
	body := post("*not base64*")
	body.IsBase64Encoded = true
	method := get("/")
	method.RequestContext.HTTP.Method = "GET\nX"
	for _, e := range []events.APIGatewayV2HTTPRequest{body, method} {
		resp := invoke(t, func(http.ResponseWriter, *http.Request) { t.Error("the handler ran") }, e)
		checkProblem(t, resp, 400, "invalid", "Bad Request")
	}
}

func checkProblem(t *testing.T, resp events.APIGatewayV2HTTPResponse, status int, code, title string) {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal([]byte(resp.Body), &p); err != nil {
		t.Fatalf("body %q: %v", resp.Body, err)
	}
	if p["msg"] == "" {
		t.Error("msg is empty")
	}
	delete(p, "msg")
	check(t, p, map[string]any{
		"type": "about:blank", "title": title, "status": float64(status), "code": code, "request_id": "ATfSmjLgPHcESJw=",
	})
	check(t, resp.StatusCode, status)
	check(t, resp.Headers, map[string]string{
		"Content-Type":                 "application/problem+json",
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
		"X-Content-Type-Options":       "nosniff",
		"X-Request-Id":                 "ATfSmjLgPHcESJw=",
	})
}

func TestOtherEventsAreErrors(t *testing.T) {
	t.Parallel()
	f := lambdahttp.Wrap(http.NotFoundHandler())
	for _, payload := range []string{
		`{}`,
		`{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.events","time":"2026-11-23T00:00:00Z","detail":{}}`,
		`{"version":"1.0","httpMethod":"GET","path":"/"}`,
	} {
		var e events.APIGatewayV2HTTPRequest
		if err := json.Unmarshal([]byte(payload), &e); err != nil {
			t.Fatal(err)
		}
		if _, err := f(context.Background(), e); err == nil {
			t.Errorf("%s is handled as a request", payload)
		}
	}
}

func TestCompressedBodiesAreSentAsBase64(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte("body { color: black }"))
	_ = z.Close()
	resp := invoke(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", "1") // wrong, and must not reach the gateway
		_, _ = w.Write(zipped.Bytes())
	}, get("/docs/x.css"))
	body, err := base64.StdEncoding.DecodeString(resp.Body)
	if err != nil || !resp.IsBase64Encoded {
		t.Fatalf("not base64: %v", err)
	}
	check(t, body, zipped.Bytes())
	check(t, resp.Headers, map[string]string{"Content-Encoding": "gzip"}) // as in net/http, the type is not guessed
}
