package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"roster/localdev/gateway"
)

func all(f func(context.Context) (events.APIGatewayV2HTTPResponse, error)) http.Handler {
	return gateway.New([]gateway.Route{{"ANY", "$default", "f"}},
		func(ctx context.Context, _ string, _ events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
			return f(ctx)
		})
}

func fine(context.Context) (events.APIGatewayV2HTTPResponse, error) {
	return events.APIGatewayV2HTTPResponse{StatusCode: 200}, nil
}

func TestLimitsAreAPIGateways(t *testing.T) {
	t.Parallel()
	const line = len("POST /") + len(" HTTP/1.1") + len("example.com")
	unknownLength := func(n int) io.Reader { return io.MultiReader(bytes.NewReader(make([]byte, n))) }
	for _, c := range []struct {
		name   string
		path   string
		header http.Header
		body   io.Reader
		status int
		answer string
	}{
		{"large body", "/", nil, strings.NewReader(strings.Repeat("x", 6<<20-4096)), 200, ""},
		{"large body, escaped by some", "/", nil, strings.NewReader(strings.Repeat("<", 6<<20-4096)), 200, ""},
		{"too large for Lambda", "/", nil, strings.NewReader(strings.Repeat("x", 6<<20)), 413, `{"message":"Request Entity Too Large"}`},
		{"too large for Lambda in JSON", "/", nil, strings.NewReader(strings.Repeat("\x01", 1<<20)), 413, `{"message":"Request Entity Too Large"}`},
		{"too large for Lambda in base64", "/", nil, strings.NewReader(strings.Repeat("\xff", 5<<20)), 413, `{"message":"Request Entity Too Large"}`},
		{"too large body", "/", nil, bytes.NewReader(make([]byte, 10<<20+1)), 413, `{"message":"Request Entity Too Large"}`},
		{"too large body of unknown length", "/", nil, unknownLength(10<<20 + 1), 413, `{"message":"Request Entity Too Large"}`},
		{"broken body", "/", nil, io.MultiReader(strings.NewReader("x"), brokenReader{}), 400, `{"message":"Bad Request"}`},
		{"largest header", "/", http.Header{"A": {strings.Repeat("x", 5000), strings.Repeat("x", 10240-5000-line)}}, http.NoBody, 200, ""},
		{"too large header", "/", http.Header{"A": {strings.Repeat("x", 10241-line)}}, http.NoBody, 431, `{"message":"Request Header Fields Too Large"}`},
		{"too long path", "/" + strings.Repeat("x", 10240), nil, http.NoBody, 431, `{"message":"Request Header Fields Too Large"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("POST", c.path, c.body)
			if c.header != nil {
				r.Header = c.header
			}
			w := httptest.NewRecorder()
			all(fine).ServeHTTP(w, r)
			check(t, []any{w.Code, w.Body.String()}, []any{c.status, c.answer})
		})
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAFailedFunctionAnswers500(t *testing.T) {
	t.Parallel()
	type resp = events.APIGatewayV2HTTPResponse
	for name, f := range map[string]func(context.Context) (resp, error){
		"error":     func(context.Context) (resp, error) { return resp{StatusCode: 200}, errors.New("broken") },
		"panic":     func(context.Context) (resp, error) { panic("broken") },
		"no status": func(context.Context) (resp, error) { return resp{}, nil },
		"1xx":       func(context.Context) (resp, error) { return resp{StatusCode: 103}, nil },
		"600":       func(context.Context) (resp, error) { return resp{StatusCode: 600}, nil },
		"bad base64": func(context.Context) (resp, error) {
			return resp{StatusCode: 200, Body: "!", IsBase64Encoded: true}, nil
		},
	} {
		status, body := send(all(f), "GET", "/")
		if status != 500 || body != `{"message":"Internal Server Error"}` {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestASlowFunctionAnswers503(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		api := all(func(context.Context) (events.APIGatewayV2HTTPResponse, error) {
			<-release // deaf to its context
			return fine(t.Context())
		})
		w := &flushed{ResponseRecorder: httptest.NewRecorder(), at: make(chan time.Time, 1)}
		start := time.Now()
		returned := make(chan struct{})
		go func() {
			api.ServeHTTP(w, httptest.NewRequest("GET", "/", http.NoBody))
			close(returned)
		}()
		check(t, (<-w.at).Sub(start), 30*time.Second)
		close(release)
		<-returned // and what the function says then is not added
		check(t, []any{w.Code, w.Body.String(), w.Header().Get("Content-Length")}, []any{503, `{"message":"Service Unavailable"}`, "33"})
	})
}

// flushed tells when an answer is sent to the client.
type flushed struct {
	*httptest.ResponseRecorder
	at chan time.Time
}

func (w *flushed) Flush() {
	w.ResponseRecorder.Flush()
	w.at <- time.Now()
}

func TestFunctionOutlivesItsClient(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(context.Background())
	w := httptest.NewRecorder()
	all(func(ctx context.Context) (events.APIGatewayV2HTTPResponse, error) {
		leave()
		return events.APIGatewayV2HTTPResponse{StatusCode: 200}, ctx.Err()
	}).ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/", http.NoBody))
	check(t, w.Code, 200)
}

func TestAnswersAreTranslated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		resp   events.APIGatewayV2HTTPResponse
		body   string
		header http.Header
	}{
		{
			"plain",
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: "<p>"},
			"<p>",
			http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		},
		{
			"base64 and cookies",
			events.APIGatewayV2HTTPResponse{
				StatusCode: 201, Body: "/wA=", IsBase64Encoded: true, Cookies: []string{"a=1", "b=2"},
				Headers: map[string]string{"content-type": "image/x", "content-length": "99", "x-a": "1,2"},
			},
			"\xff\x00",
			http.Header{"Content-Type": {"image/x"}, "Set-Cookie": {"a=1", "b=2"}, "X-A": {"1,2"}},
		},
		{
			"multi-value headers are of format 1.0",
			events.APIGatewayV2HTTPResponse{
				StatusCode: 200, MultiValueHeaders: map[string][]string{"X-A": {"1"}},
			},
			"",
			http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		},
		{"no content", events.APIGatewayV2HTTPResponse{StatusCode: 204, Body: "x"}, "", http.Header{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			all(func(context.Context) (events.APIGatewayV2HTTPResponse, error) { return c.resp, nil }).ServeHTTP(w, httptest.NewRequest("GET", "/", http.NoBody))
			w.Header().Del("Apigw-Requestid")
			check(t, []any{w.Code, w.Body.String(), w.Header()}, []any{c.resp.StatusCode, c.body, c.header})
		})
	}
}
