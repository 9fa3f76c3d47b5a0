package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"roster/localdev/gateway"
)

var cors = gateway.Cors{
	Origins: []string{"https://app.example.com", "http://localhost:*"},
	Methods: []string{"GET", "POST"}, AllowHeaders: []string{"authorization"}, ExposeHeaders: []string{"retry-after"}, MaxAge: 600,
}

// An origin that is allowed gets its own name, never *, and never credentials. Any
// other gets nothing but Vary.
func TestCorsAllowsOrigins(t *testing.T) {
	t.Parallel()
	h := cors.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*") // API Gateway writes over what a function answers
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Vary", "Accept")
		w.WriteHeader(http.StatusTeapot)
	}))
	for origin, allowed := range map[string]bool{
		"https://app.example.com": true, "http://localhost:5173": true, "http://localhost:1": true,
		"": false, "null": false, "https://app.example.com.evil.example": false, "https://APP.example.com": false, "http://app.example.com": false,
		"https://app.example.com:8443": false, "https://localhost:5173": false, "http://localhost": false, "http://localhost:": false,
		"http://localhost:5173.evil.example": false, "http://localhost:x": false, "http://localhost:5173/": false, "http://localhost.evil.example:80": false,
	} {
		for _, method := range []string{http.MethodGet, http.MethodOptions} {
			r := httptest.NewRequest(method, "/api/user/me", nil)
			r.Header.Set("Origin", origin)
			if method == http.MethodOptions {
				r.Header.Set("Access-Control-Request-Method", "GET")
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			want := map[string]string{}
			if allowed && method == http.MethodGet {
				want = map[string]string{"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "retry-after"}
			} else if allowed {
				want = map[string]string{
					"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": "GET,POST",
					"Access-Control-Allow-Headers": "authorization", "Access-Control-Max-Age": "600",
				}
			}
			for name, values := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") && want[name] != strings.Join(values, "|") {
					t.Errorf("%s from %q: %s: %q, want %q", method, origin, name, values, want[name])
				}
				delete(want, name)
			}
			isPreflight := method == http.MethodOptions && origin != ""
			if len(want) > 0 || !slices.Contains(w.Header().Values("Vary"), "Origin") || (w.Code == http.StatusNoContent) != isPreflight {
				t.Errorf("%s from %q: %d, Vary %q, without %v", method, origin, w.Code, w.Header().Values("Vary"), want)
			}
		}
	}
}

func TestCorsWithoutOriginsChangesNothing(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodOptions, "/", nil)
	r.Header.Set("Origin", "http://localhost:1")
	r.Header.Set("Access-Control-Request-Method", "GET")
	gateway.Cors{}.Handler(http.NotFoundHandler()).ServeHTTP(w, r)
	if w.Code != http.StatusNotFound || len(w.Header().Values("Vary")) > 0 {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
