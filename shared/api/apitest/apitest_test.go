package apitest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"roster/shared/api/apitest"
)

const (
	registration = `{"username":"user1","first_name":"User","last_name":"One","email":"user1@example.com","password":"password123"}`
	account      = `{"id":1,"uuid":"01939e6e-5a7c-7bd0-8f0e-3a1f5d0c9b42","username":"user1","first_name":"User","last_name":"One",
		"email":"user1@example.com","role":"USER","active":true,"created_at":"2026-01-05T09:30:00Z","updated_at":"2026-01-05T09:30:00.123456Z",
		"last_login_at":null,"password_changed_at":"2026-01-05T09:30:00Z","metadata":{},"app_metadata":{}}`
	bearer = "Bearer a.b.c"
)

func problem(status int, code string, more ...string) string {
	return fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d,"code":%q,"msg":"A sentence.","request_id":"r1"%s}`,
		http.StatusText(status), status, code, strings.Join(more, ""))
}

// exchange is a request and its answer. Headers have the form "Name: value". An
// answer has the headers of every answer; "Name:" removes one of them.
type exchange struct {
	method, path, body string
	headers            []string
	status             int
	answer             string
	answerHeaders      []string
}

func (x exchange) verify() error {
	req := httptest.NewRequest(x.method, x.path, strings.NewReader(x.body))
	if x.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	set(req.Header, x.headers)
	resp := &http.Response{StatusCode: x.status, Header: http.Header{}}
	set(resp.Header, []string{
		"Cache-Control: no-store", "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'", "Content-Type: application/json",
		"Referrer-Policy: no-referrer", "X-Content-Type-Options: nosniff", "X-Request-Id: r1",
	})
	if x.status >= 400 {
		resp.Header.Set("Content-Type", "application/problem+json")
	}
	set(resp.Header, x.answerHeaders)
	return apitest.Verify(req, []byte(x.body), resp, []byte(x.answer))
}

func set(h http.Header, lines []string) {
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); value == "" {
			h.Del(name)
		} else {
			h.Set(name, value)
		}
	}
}

var registered = `{"msg":"User registered successfully.","user":` + account + `}`

func TestVerifyAcceptsWhatIsDescribed(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]exchange{
		"register": {method: "POST", path: "/api/user/register", body: registration, status: 201, answer: registered},
		"register, charset named": {
			method: "POST", path: "/api/user/register", body: registration, headers: []string{"Content-Type: application/json; charset=utf-8"},
			status: 201, answer: registered,
		},
		"a bad request on purpose": {
			method: "POST", path: "/api/user/register", body: `[`, status: 400, answer: problem(400, "invalid", `,"fields":{"email":"is required"}`),
		},
		"login": {
			method: "POST", path: "/api/user/login", body: `{"username":"user1","password":"x"}`,
			status: 200, answer: `{"access_token":"a.b.c","token_type":"Bearer","expires_in":600,"refresh_token":"fJ5meXQlQN6US-B_wfkK5wAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","device_token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`,
		},
		"login refused": {
			method: "POST", path: "/api/user/login", body: `{"username":"user1","password":"x"}`,
			status: 401, answer: problem(401, "unauthenticated"), answerHeaders: []string{"WWW-Authenticate: Bearer"},
		},
		"too many": {
			method: "POST", path: "/api/user/login", status: 429, answer: problem(429, "too_many"), answerHeaders: []string{"Retry-After: 30"},
		},
		"an account":              {method: "GET", path: "/api/user/user1", headers: []string{"Authorization: " + bearer}, status: 200, answer: account},
		"an account, no token":    {method: "GET", path: "/api/user/user1", status: 401, answer: problem(401, "unauthenticated"), answerHeaders: []string{"WWW-Authenticate: Bearer"}},
		"a route as a username":   {method: "GET", path: "/api/user/login", headers: []string{"Authorization: " + bearer}, status: 405, answer: problem(405, "method_not_allowed"), answerHeaders: []string{"Allow: POST"}},
		"a change":                {method: "PUT", path: "/api/user/user1", headers: []string{"Authorization: " + bearer}, body: `{"first_name":"U"}`, status: 200, answer: `{"msg":"User details updated."}`},
		"an outage":               {method: "DELETE", path: "/api/user/user1", headers: []string{"Authorization: " + bearer}, status: 503, answer: problem(503, "unavailable"), answerHeaders: []string{"Retry-After: 1"}},
		"health":                  {method: "GET", path: "/healthz", status: 200, answer: `{"status":"ok","version":"1.0.0"}`},
		"the page":                {method: "GET", path: "/reset_password?token=x", status: 200, answer: "<p>", answerHeaders: []string{"Content-Type: text/html; charset=utf-8"}},
		"a file":                  {method: "GET", path: "/docs/page.css", status: 200, answer: "p{}", answerHeaders: []string{"Content-Type: text/css; charset=utf-8", `ETag: "x"`, "Cache-Control: public, max-age=3600"}},
		"an unchanged file":       {method: "GET", path: "/docs/page.css", status: 304, answerHeaders: []string{"Content-Type:", `ETag: "x"`, "Cache-Control: no-cache"}},
		"no route":                {method: "GET", path: "/nowhere", status: 404, answer: problem(404, "not_found")},
		"no such method":          {method: "OPTIONS", path: "/api/user/user1", status: 405, answer: problem(405, "method_not_allowed"), answerHeaders: []string{"Allow: DELETE, GET, PUT"}},
		"HEAD, which has no body": {method: "HEAD", path: "/healthz", status: 200, answerHeaders: []string{"Content-Type: application/json"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := x.verify(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVerifyRefusesWhatIsNotDescribed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		exchange
		want string
	}{
		"a status":                    {exchange{method: "POST", path: "/api/user/register", body: registration, status: 202, answer: registered}, "register has no answer 202"},
		"a redirect":                  {exchange{method: "GET", path: "/healthz", status: 307}, "health has no answer 307"},
		"a success without a route":   {exchange{method: "GET", path: "/nowhere", status: 200, answer: `{}`}, "x-default-route has no answer 200"},
		"a method of another path":    {exchange{method: "POST", path: "/api/user/user1", status: 200, answer: `{}`}, "x-default-route has no answer 200"},
		"another message":             {exchange{method: "POST", path: "/api/user/register", body: registration, status: 201, answer: `{"msg":"Welcome."}`}, "msg"},
		"an unknown member":           {exchange{method: "POST", path: "/api/user/register", body: registration, status: 201, answer: strings.Replace(registered, "{", `{"id":1,`, 1)}, "additional properties 'id'"},
		"a missing member":            {exchange{method: "GET", path: "/api/user/user1", headers: []string{"Authorization: " + bearer}, status: 200, answer: strings.Replace(account, `"last_login_at":null,`, "", 1)}, "last_login_at"},
		"the password's hash":         {exchange{method: "GET", path: "/api/user/user1", headers: []string{"Authorization: " + bearer}, status: 200, answer: strings.Replace(account, `"id":1`, `"id":1,"password_hash":"$argon2id$"`, 1)}, "password_hash"},
		"a time that is not UTC":      {exchange{method: "GET", path: "/api/user/user1", headers: []string{"Authorization: " + bearer}, status: 200, answer: strings.Replace(account, "09:30:00Z", "09:30:00+01:00", 1)}, "created_at"},
		"another media type":          {exchange{method: "GET", path: "/healthz", status: 200, answer: `{"status":"ok","version":"1.0.0"}`, answerHeaders: []string{"Content-Type: text/plain"}}, "Content-Type"},
		"a body that is not JSON":     {exchange{method: "GET", path: "/healthz", status: 200, answer: `ok`}, "decode"},
		"a success without a token":   {exchange{method: "GET", path: "/api/user/user1", status: 200, answer: account}, "no access token"},
		"an unknown field accepted":   {exchange{method: "POST", path: "/api/user/register", body: strings.Replace(registration, "{", `{"role":"ADMIN",`, 1), status: 201, answer: registered}, "was not refused"},
		"a short password accepted":   {exchange{method: "POST", path: "/api/user/register", body: strings.Replace(registration, "password123", "pass", 1), status: 201, answer: registered}, "was not refused"},
		"a bad address accepted":      {exchange{method: "POST", path: "/api/user/register", body: strings.Replace(registration, "user1@example.com", "user1", 1), status: 201, answer: registered}, "was not refused"},
		"a control character":         {exchange{method: "POST", path: "/api/user/register", body: strings.Replace(registration, "User", `U\u0007`, 1), status: 201, answer: registered}, "was not refused"},
		"a password without the old":  {exchange{method: "PUT", path: "/api/user/user1", headers: []string{"Authorization: " + bearer}, body: `{"password":"new_password123"}`, status: 200, answer: `{"msg":"User details updated."}`}, "was not refused"},
		"another code":                {exchange{method: "POST", path: "/api/user/login", status: 400, answer: problem(400, "conflict")}, "code"},
		"another status in the body":  {exchange{method: "POST", path: "/api/user/login", status: 400, answer: problem(409, "invalid")}, "status"},
		"an error as plain JSON":      {exchange{method: "POST", path: "/api/user/login", status: 400, answer: problem(400, "invalid"), answerHeaders: []string{"Content-Type: application/json"}}, "Content-Type"},
		"an unknown member's cause":   {exchange{method: "GET", path: "/healthz", status: 500, answer: problem(500, "internal", `,"cause":"SQL"`)}, "additional properties 'cause'"},
		"401 without its header":      {exchange{method: "POST", path: "/api/user/login", status: 401, answer: problem(401, "unauthenticated")}, "WWW-Authenticate"},
		"405 without Allow":           {exchange{method: "PATCH", path: "/healthz", status: 405, answer: problem(405, "method_not_allowed")}, "Allow"},
		"429 without Retry-After":     {exchange{method: "POST", path: "/api/user/login", status: 429, answer: problem(429, "too_many")}, "Retry-After"},
		"Retry-After 0":               {exchange{method: "GET", path: "/healthz", status: 503, answer: problem(503, "unavailable"), answerHeaders: []string{"Retry-After: 0"}}, "minimum"},
		"a cacheable answer":          {exchange{method: "GET", path: "/healthz", status: 200, answer: `{"status":"ok","version":"1.0.0"}`, answerHeaders: []string{"Cache-Control: public"}}, "Cache-Control"},
		"no request id":               {exchange{method: "GET", path: "/healthz", status: 200, answer: `{"status":"ok","version":"1.0.0"}`, answerHeaders: []string{"X-Request-Id:"}}, "X-Request-Id"},
		"two request ids":             {exchange{method: "GET", path: "/healthz", status: 500, answer: problem(500, "internal"), answerHeaders: []string{"X-Request-Id: r2"}}, `request_id is "r1"`},
		"no security policy":          {exchange{method: "GET", path: "/healthz", status: 200, answer: `{"status":"ok","version":"1.0.0"}`, answerHeaders: []string{"Content-Security-Policy:"}}, "Content-Security-Policy"},
		"no nosniff":                  {exchange{method: "GET", path: "/healthz", status: 200, answer: `{"status":"ok","version":"1.0.0"}`, answerHeaders: []string{"X-Content-Type-Options:"}}, "X-Content-Type-Options"},
		"a reset token of other form": {exchange{method: "POST", path: "/api/user/forget_password", body: `{"username":"a","email":"b"}`, status: 200, answer: `{"msg":"Token generated successfully.","token":"abc"}`}, "token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tc.verify()
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

// failing records that a test would have failed.
type failing struct {
	testing.TB
	failed atomic.Bool
}

func (f *failing) Helper()               {}
func (f *failing) Errorf(string, ...any) { f.failed.Store(true) }

func TestTransportAndHandlerCheckAndChangeNothing(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusTeapot} {
		fake := &failing{TB: t}
		server := httptest.NewServer(apitest.Handler(fake, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			set(w.Header(), []string{
				"Cache-Control: no-store", "Content-Security-Policy: frame-ancestors 'none'", "Content-Type: application/json",
				"Referrer-Policy: no-referrer", "X-Content-Type-Options: nosniff", "X-Request-Id: " + r.Header.Get("X-Request-Id"),
			})
			w.WriteHeader(status)
			body, _ := io.ReadAll(r.Body)
			w.Write(body) // an echo
		})))
		t.Cleanup(server.Close)
		for side, rt := range map[string]http.RoundTripper{"handler": http.DefaultTransport, "transport": apitest.Transport(fake, nil)} {
			fake.failed.Store(false)
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/healthz", strings.NewReader(`{"status":"ok","version":"1.0.0"}`))
			resp, err := (&http.Client{Transport: rt}).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != status || string(body) != `{"status":"ok","version":"1.0.0"}` || resp.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s: the answer became %d %s %v", side, resp.StatusCode, body, resp.Header)
			}
			if want := status != http.StatusOK; fake.failed.Load() != want {
				t.Errorf("%s: status %d, the test failed: %v, want %v", side, status, fake.failed.Load(), want)
			}
		}
	}
}
