package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"roster/localdev/gateway"
	"roster/shared/aws/lambdahttp"
)

func mux() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /u/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%q %q %v", r.PathValue("id"), r.URL.Path, r.URL.Query())
	})
	m.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	m.HandleFunc("GET /nothing", func(http.ResponseWriter, *http.Request) {})
	m.HandleFunc("GET /204", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	m.HandleFunc("GET /304", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) })
	m.HandleFunc("GET /twice", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(201)
		w.Header().Set("Allow", "late")
		w.WriteHeader(500)
		_, _ = io.WriteString(w, "<html>")
	})
	m.HandleFunc("GET /header", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Allow"] = []string{"A\nB"}
		fmt.Fprintf(w, "%q %q %q %q", r.Header.Get("X-Device-Name"), r.Header.Get("Accept-Language"), r.Header.Get("Host"), r.Header["Cookie"])
	})
	m.HandleFunc("GET /cookies", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		fmt.Fprint(w, r.Cookies())
	})
	m.HandleFunc("GET /zipped", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		http.ServeContent(w, r, "x.css", time.Time{}, strings.NewReader("\x1f\x8b not really"))
	})
	return m
}

// A handler behind the gateway and lambdahttp answers as under net/http.
func TestAnswersAreAsUnderNetHTTP(t *testing.T) {
	t.Parallel()
	plain, lambda := servers(t)
	for _, r := range []struct{ method, target, body string }{
		{"GET", "/u/abc?x=1&x=2", ""},
		{"GET", "/u/a%20b?q=%3F%23+", ""},
		{"GET", "/u/a%23b", ""},
		{"GET", "/u/a+b;c", ""},
		{"GET", "/u/%C3%BC", ""},
		{"GET", "/twice", ""},
		{"GET", "/header", ""},
		{"GET", "/cookies", ""},
		{"GET", "/zipped", ""},
		{"GET", "/204", ""},
		{"GET", "/304", ""},
		{"POST", "/echo", "hi"},
		{"POST", "/echo", `{"a":"ü"}`},
		{"POST", "/echo", "\xff\x00binary"},
		{"POST", "/cookies", ""},
		{"GET", "/absent", ""},
		{"GET", "/u/", ""},
		{"GET", "//x", ""},
		{"HEAD", "/u/1", ""},
		{"BREW", "/u/1", ""},
	} {
		want, got := ask(t, plain, r.method, r.target, r.body), ask(t, lambda, r.method, r.target, r.body)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s (-net/http +gateway):\n%s", r.method, r.target, diff)
		}
	}
}

// Where API Gateway differs from net/http, the gateway sides with it.
func TestDifferencesAreAPIGateways(t *testing.T) {
	t.Parallel()
	plain, lambda := servers(t)
	const text = "text/plain; charset=utf-8"
	for _, c := range []struct {
		target        string
		plain, lambda answer
	}{
		{"/u/a%3Fb", answer{Status: 200, Type: text, Body: `"a?b" "/u/a?b" map[]`}, answer{Status: 200, Type: text, Body: `"a" "/u/a" map[]`}},
		{"/u/a%252Fb", answer{Status: 200, Type: text, Body: `"a%2Fb" "/u/a%2Fb" map[]`}, answer{Status: 404, Type: text, Body: "404 page not found\n"}},
		{"/u/100%25", answer{Status: 200, Type: text, Body: `"100%" "/u/100%" map[]`}, answer{Status: 400, Type: "application/json", Body: `{"message":"Bad Request"}`}},
		{"/nothing", answer{Status: 200}, answer{Status: 200, Type: text}},
	} {
		check(t, ask(t, plain, "GET", c.target, ""), c.plain)
		check(t, ask(t, lambda, "GET", c.target, ""), c.lambda)
	}
}

type answer struct {
	Status          int
	Type, Body      string
	Location, Allow string
	Encoding        string
	Cookies         []string
}

func ask(t *testing.T, s *httptest.Server, method, target, body string) answer {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{
		"Cookie": {"s=1; t=2"}, "X-Device-Name": {"Ann's phone, blue"}, "Accept-Language": {"de-CH,de;q=0.9"}, "Accept-Encoding": {"identity"},
	}
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	h := resp.Header
	return answer{resp.StatusCode, h.Get("Content-Type"), string(b), h.Get("Location"), h.Get("Allow"), h.Get("Content-Encoding"), h["Set-Cookie"]}
}

// servers runs the same handlers under net/http and behind the gateway.
func servers(t *testing.T) (plain, lambda *httptest.Server) {
	t.Helper()
	f := lambdahttp.Wrap(mux())
	g := gateway.New([]gateway.Route{{"ANY", "$default", "f"}},
		func(ctx context.Context, _ string, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
			return f(ctx, e)
		})
	plain, lambda = httptest.NewServer(mux()), httptest.NewServer(g)
	for _, s := range []*httptest.Server{plain, lambda} {
		t.Cleanup(s.Close)
		s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return plain, lambda
}
