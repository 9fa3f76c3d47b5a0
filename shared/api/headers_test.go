package api_test

import (
	"maps"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster"
)

// securityHeaders are the headers that every answer has, a refusal as well as a
// success (ASVS 3.4).
var securityHeaders = map[string]string{
	"Cache-Control":                "no-store",
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
	"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
	"Cross-Origin-Resource-Policy": "same-origin",
	"X-Request-Id":                 requestID,
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann, boss := bearer(t, s.account("ann")), bearer(t, s.account("boss", asAdmin))
	const (
		json    = "application/json"
		problem = "application/problem+json"
	)
	for _, c := range []struct {
		method, path, body, auth string
		status                   int
		more                     map[string]string
	}{
		{"POST", "/api/user/register", zoeRegistration, "", 201, map[string]string{"Content-Type": json}},
		{"POST", "/api/user/register", `{}`, "", 400, map[string]string{"Content-Type": problem}},
		{"POST", "/api/user/register", zoeRegistration, "", 409, map[string]string{"Content-Type": problem}},
		{"POST", "/api/user/login", `{"username":"ann","password":"` + right + `"}`, "", 200, map[string]string{"Content-Type": json}},
		{"POST", "/api/user/login", `{"username":"ann","password":"x"}`, "", 401, map[string]string{"Content-Type": problem, "Www-Authenticate": "Bearer"}},
		{"POST", "/api/user/login", `{"username":"` + string(make([]byte, 20<<10)), "", 413, map[string]string{"Content-Type": problem}},
		{"POST", "/api/user/login", "", "", 415, map[string]string{"Content-Type": problem}},
		{"POST", "/api/user/forget_password", `{"username":"ann","email":"x"}`, "", 200, map[string]string{"Content-Type": json}},
		{"POST", "/api/user/reset_password", `{"token":"x","new_password":"another kite"}`, "", 400, map[string]string{"Content-Type": problem}},
		{"GET", "/api/user/ann", "", ann, 200, map[string]string{"Content-Type": json}},
		{"GET", "/api/user/ann", "", "X-Nothing: here", 401, map[string]string{"Content-Type": problem, "Www-Authenticate": "Bearer"}},
		{"GET", "/api/user/boss", "", ann, 403, map[string]string{"Content-Type": problem}},
		{"GET", "/api/user/nobody", "", boss, 404, map[string]string{"Content-Type": problem}},
		{"PUT", "/api/user/ann", `{}`, ann, 200, map[string]string{"Content-Type": json}},
		{"PATCH", "/api/user/ann", `{}`, ann, 200, map[string]string{"Content-Type": json}},
		{"OPTIONS", "/api/user/ann", "", ann, 405, map[string]string{"Content-Type": problem, "Allow": "DELETE, GET, HEAD, PATCH, PUT"}},
		{"GET", "/api/user/register", "", "", 405, map[string]string{"Content-Type": problem, "Allow": "POST"}}, // no username
		{"OPTIONS", "/api/user/me", "", "", 405, map[string]string{"Content-Type": problem, "Allow": "DELETE, GET, HEAD, PATCH, PUT"}},
		{"PATCH", "/api/user/register", "", "", 405, map[string]string{"Content-Type": problem, "Allow": "POST"}},
		{"DELETE", "/reset_password", "", "", 405, map[string]string{"Content-Type": problem, "Allow": "GET, HEAD, POST"}},
		{"OPTIONS", "/healthz", "", "", 405, map[string]string{"Content-Type": problem, "Allow": "GET, HEAD"}},
		{"GET", "/nowhere", "", "", 404, map[string]string{"Content-Type": problem}},
		{"GET", "/api/user/a/b", "", "", 404, map[string]string{"Content-Type": problem}},
		{"GET", "/healthz", "", "", 200, map[string]string{"Content-Type": json}},
	} {
		auth := c.auth
		if auth == "" {
			auth = "X-Nothing: here"
		}
		a := s.send(c.method, c.path, c.body, auth)
		if diff := cmp.Diff(merged(securityHeaders, c.more), firstValues(a.header)); diff != "" || a.status != c.status {
			t.Errorf("%s %s: answered %d, want %d; headers (-want +got):\n%s", c.method, c.path, a.status, c.status, diff)
		}
	}
}

func merged(all ...map[string]string) map[string]string {
	sum := map[string]string{}
	for _, m := range all {
		maps.Copy(sum, m)
	}
	return sum
}

func firstValues(h http.Header) map[string]string {
	values := map[string]string{}
	for name := range h {
		values[name] = h.Get(name)
	}
	return values
}

func TestUnknownPathIs404AndUnknownMethod405(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.send("GET", "/nowhere", "").wants(t, "no such path", 404, problem(404, "not_found", "There is nothing at this path."))
	s.send("PATCH", "/healthz", "").wants(t, "no such method", 405, problem(405, "method_not_allowed", "This path does not take PATCH."))
	s.send("GET", "/api/user/", "").wants(t, "no name", 404, problem(404, "not_found", "There is nothing at this path."))
	s.send("GET", "/healthz", "").wants(t, "health", 200, `{"status":"ok","version":"`+roster.Version+`"}`)
}
