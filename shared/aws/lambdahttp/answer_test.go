package lambdahttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"roster/shared/aws/lambdahttp"
)

// answerCase is what a handler does, and the answer that it must give.
type answerCase struct {
	name, method string
	h            http.HandlerFunc
	want         events.APIGatewayV2HTTPResponse
}

func statusCases(t *testing.T) []answerCase {
	t.Helper()
	return []answerCase{
		{"nothing written is 200", "GET", func(http.ResponseWriter, *http.Request) {}, events.APIGatewayV2HTTPResponse{StatusCode: 200}},
		{"the first status counts", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(201)
			w.Header().Set("Late", "x")
			w.WriteHeader(500)
		}, events.APIGatewayV2HTTPResponse{StatusCode: 201}},
		{"1xx is not the answer", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(103)
			w.WriteHeader(404)
		}, events.APIGatewayV2HTTPResponse{StatusCode: 404}},
		{"204 has no body", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(204)
			if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrBodyNotAllowed) {
				t.Errorf("error %v", err)
			}
		}, events.APIGatewayV2HTTPResponse{StatusCode: 204}},
		{"304 has no body and no type", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/css")
			w.Header().Set("Etag", `"1"`)
			w.WriteHeader(304)
			_, _ = w.Write([]byte("x"))
		}, events.APIGatewayV2HTTPResponse{StatusCode: 304, Headers: map[string]string{"Etag": `"1"`}}},
	}
}

func headerCases() []answerCase {
	return []answerCase{
		{"HEAD has the headers and no body", "HEAD", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<p>")
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"Content-Type": "text/html; charset=utf-8"}}},
		{"type is guessed", "GET", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "hi")
		}, events.APIGatewayV2HTTPResponse{
			StatusCode: 200,
			Headers:    map[string]string{"Content-Type": "text/plain; charset=utf-8"},
			Body:       "hi",
		}},
		{"type is not guessed on request", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, "hi")
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: "hi"}},
		{"values are joined and cookies are not", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Vary"] = []string{"Accept", "Origin"}
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		}, events.APIGatewayV2HTTPResponse{
			StatusCode: 200,
			Headers:    map[string]string{"Vary": "Accept,Origin"},
			Cookies:    []string{"a=1", "b=2"},
		}},
		{"headers cannot be split", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["X-A"] = []string{"1\r\nSet-Cookie: s=1"}
			w.Header()["Bad Name"] = []string{"x"}
			w.Header()["Trailer:X"] = []string{"x"}
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"X-A": "1  Set-Cookie: s=1"}}},
	}
}

func TestAnswersAreThoseOfHTTPServer(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(statusCases(t), headerCases()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := get("/")
			e.RequestContext.HTTP.Method = c.method
			got := invoke(t, c.h, e)
			if c.want.Headers == nil {
				c.want.Headers = map[string]string{}
			}
			if c.want.Cookies == nil {
				c.want.Cookies = []string{}
			}
			check(t, got, c.want)
		})
	}
}

// Not parallel: it replaces slog's default logger.
func TestPanicsAreAnsweredAndLogged(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)

	f := lambdahttp.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Secret", "x")
		_, _ = io.WriteString(w, "half an answer")
		switch r.URL.Path {
		case "/nil":
			var none *http.Request
			_ = none.Method
		case "/status":
			w.WriteHeader(999)
		case "/abort":
			panic(http.ErrAbortHandler)
		}
	}))
	for _, c := range []struct {
		path   string
		status int
		logged bool
	}{{"/nil", 500, true}, {"/status", 500, true}, {"/abort", 500, false}, {"/fine", 200, false}} {
		log.Reset()
		resp, err := f(context.Background(), get(c.path))
		if err != nil {
			t.Fatal(err)
		}
		if c.status == 500 {
			checkProblem(t, resp, 500, "internal", "Internal Server Error")
		} else {
			check(t, resp.StatusCode, c.status)
		}
		if !c.logged {
			check(t, log.String(), "")
			continue
		}
		var line map[string]any
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatalf("%q: %v", log.String(), err)
		}
		stack, _ := line["stack"].(string)
		if line["msg"] != "panic in handler" || line["request_id"] != "ATfSmjLgPHcESJw=" ||
			!bytes.Contains([]byte(stack), []byte("answer_test.go")) {
			t.Errorf("logged %v", line)
		}
	}
}

func TestTheHandlersContextEndsBeforeLambdasDeadline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lambda, want time.Duration }{
		{10 * time.Second, 5 * time.Second},
		{5200 * time.Millisecond, 4700 * time.Millisecond},
		{3 * time.Second, 2500 * time.Millisecond},
		{400 * time.Millisecond, 200 * time.Millisecond},
		{0, 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
			if c.lambda > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.lambda)
				defer cancel()
			}
			start := time.Now()
			_, err := lambdahttp.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if lc, ok := lambdacontext.FromContext(r.Context()); !ok || lc.AwsRequestID != "r-1" {
					t.Error("the Lambda context is lost")
				}
				<-r.Context().Done()
			}))(ctx, get("/"))
			if err != nil {
				t.Fatal(err)
			}
			check(t, time.Since(start), c.want)
		})
	}
}
