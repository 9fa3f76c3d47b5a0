package main

import (
	"strings"
	"testing"

	"roster"
	"roster/shared/aws/sam"
)

// requiredHeaders are what every answer of a function has (ASVS 3.4); "*" is any
// value. What API Gateway answers itself (400, 413 beyond its own quota, 431,
// 500, 503) is not ours and has none of them.
var requiredHeaders = map[string]string{
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Content-Security-Policy":      "*",
	"X-Request-Id":                 "*",
	"Content-Type":                 "*",
}

// Every route, with what it takes and what it refuses, by the wire.
func TestEveryAnswerIsProtected(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, nil)
	template, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[int]bool{}
	for _, route := range template.Routes() {
		path := strings.NewReplacer("{username}", "ben", "{file}", "start.js").Replace(route.Path)
		for _, r := range []raw{
			{method: route.Method, target: path},
			{"PATCH", path, nil, ""},
			{route.Method, path, []string{"Content-Type: text/plain"}, "x"},
			jsonBody(route.Method, path, "{}"),
			jsonBody(route.Method, path, strings.Repeat(" ", 17<<10)),
			jsonBody(route.Method, path, strings.ReplaceAll(bodies[route.String()], "$", "a"), "Authorization: Bearer "+s.token(t, "admin")),
			{route.Method, "/nowhere" + path, nil, ""},
		} {
			if r.target == sam.DefaultPath {
				r.method, r.target = "GET", "/nowhere"
			}
			got := s.send(t, r.method, r.bytes())
			statuses[got.status] = true
			checkHeaders(t, r, got)
			public := strings.HasPrefix(r.target, "/docs/") || r.target == "/" || r.target == "/openapi.json" || isPublicKeyDocument(r, got)
			if !public && got.headers.Get("Cache-Control") != "no-store" {
				t.Errorf("%v may be kept: Cache-Control is %q", r, got.headers.Get("Cache-Control"))
			}
		}
	}
	for _, status := range []int{200, 201, 400, 401, 404, 405, 413, 415} {
		if !statuses[status] {
			t.Errorf("nothing was answered %d", status)
		}
	}
}

func checkHeaders(t *testing.T, r raw, got answer) {
	t.Helper()
	for name, want := range requiredHeaders {
		if name == "Cross-Origin-Resource-Policy" && isPublicKeyDocument(r, got) {
			want = "cross-origin"
		}
		if v := got.headers.Get(name); v == "" || (want != "*" && v != want) {
			t.Errorf("%v is answered %d with %s %q", r, got.status, name, v)
		}
	}
	policy := got.headers.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("%v: the policy lacks %s: %s", r, part, policy)
		}
	}
	if strings.Contains(policy, "unsafe-") {
		t.Errorf("%v: the policy is %s", r, policy)
	}
	for _, name := range []string{"Server", "X-Powered-By", "Set-Cookie"} {
		if got.headers.Get(name) != "" {
			t.Errorf("%v is answered %s: %s", r, name, got.headers.Get(name))
		}
	}
}

// isPublicKeyDocument reports whether an answer is for everybody, on whatever page: the
// public keys and where to find them.
func isPublicKeyDocument(r raw, got answer) bool {
	return strings.HasPrefix(r.target, "/.well-known/") && got.status == 200
}

// CVE-2024-41657: CORS is API Gateway's, by an exact list. No function answers
// an origin, whatever it is.
func TestOriginsAreNotReflected(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, map[string]string{"PUBLIC_URL": "https://accounts.example.com", "CORS_ORIGINS": "https://app.example.com"})
	for _, origin := range []string{
		"https://accounts.example.com", "http://accounts.example.com", "https://accounts.example.com:443", "https://accounts.example.com:8443", "https://ACCOUNTS.example.com",
		"https://accounts.example.com.evil.test", "https://evil.test/accounts.example.com", "https://evilaccounts.example.com", "https://accounts.example.com@evil.test", "https://accountsXexample.com",
		"https://evil.accounts.example.com", "https://example.com", "https://accounts.example.com/", "https://accounts.example.com%60.evil.test", "https://accounts.example.com\x60.evil.test", "https://accounts.example.com_.evil.test",
		"null", "NULL", "*", "", "file://", "about:blank", "data:", "chrome-extension://abcdef", "http://localhost", "http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]", "//accounts.example.com", "accounts.example.com",
		"https://evil.test, https://accounts.example.com", "https://\xff.test",
	} {
		for _, r := range []raw{
			{"GET", "/healthz", []string{"Origin: " + origin}, ""},
			jsonBody("POST", "/api/user/login", `{}`, "Origin: "+origin),
			{"GET", "/api/user/admin", []string{"Origin: " + origin}, ""},
			{"OPTIONS", "/api/user/login", []string{"Origin: " + origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"}, ""},
			{"GET", "/nowhere", []string{"Origin: " + origin}, ""},
		} {
			got := s.send(t, r.method, r.bytes())
			for name := range got.headers {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%v is answered with %s: %s", r, name, got.headers.Get(name))
				}
			}
			if got.status == 0 || got.status >= 500 || (origin != "" && strings.Contains(got.body, "evil")) {
				t.Errorf("%v is answered %v", r, got)
			}
		}
	}
}

// A form of another site cannot call the API: what needs no preflight is no
// JSON, and there is no cookie to send along.
func TestOtherSitesCannotPost(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, nil)
	body := `{"username":"admin","password":"` + adminPassword + `"}`
	for _, simple := range []string{"text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""} {
		for _, path := range []string{"login", "register", "forget_password", "reset_password"} {
			headers := []string{"Origin: https://evil.test"}
			if simple != "" {
				headers = append(headers, "Content-Type: "+simple)
			}
			if got := s.send(t, "POST", raw{"POST", "/api/user/" + path, headers, body}.bytes()); got.status != 415 {
				t.Errorf("%s as %q is answered %v", path, simple, got)
			}
		}
	}
}
