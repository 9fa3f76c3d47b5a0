package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// With a path in PUBLIC_URL everything is under it, as behind an API mapping: the
// routes, the issuer, the keys, and where the pages lead.
func TestThePublicURLHasAPath(t *testing.T) {
	t.Parallel()
	const public = "https://api.example.com/auth"
	for _, way := range []string{inThisProcess, asBinaries} {
		s := newTestServer(t, way, map[string]string{"PUBLIC_URL": public})
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		get := func(path string) (*http.Response, string) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp, string(body)
		}
		for path, status := range map[string]int{
			"/auth/healthz": 200, "/healthz": 200, "/auth/": 200, "/auth/docs/page.css": 200, "/auth/openapi.json": 200, "/auth/.well-known/jwks.json": 200,
			"/auth/api/user/me": 401, "/authentic/healthz": 404, "/auth/auth/healthz": 404,
		} {
			if resp, body := get(path); resp.StatusCode != status {
				t.Errorf("%s, %s: %d %.100s, want %d", way, path, resp.StatusCode, body, status)
			}
		}
		_, body := get("/auth/.well-known/openid-configuration")
		var found struct {
			Issuer string `json:"issuer"`
			Keys   string `json:"jwks_uri"`
		}
		if err := json.Unmarshal([]byte(body), &found); err != nil || found.Issuer != public || found.Keys != public+"/.well-known/jwks.json" {
			t.Errorf("%s: discovery answers %s", way, body)
		}
		if resp, _ := get("/auth/.well-known/change-password"); resp.Header.Get("Location") != "../forgot_password" {
			t.Errorf("%s: Location %q", way, resp.Header.Get("Location"))
		}
		if _, body := get("/auth/forgot_password"); !strings.Contains(body, `action="forgot_password"`) {
			t.Errorf("%s: the page is %s", way, body)
		}
		c := apiClient{t: t, url: s.url + "/auth"}
		name := map[string]string{inThisProcess: "ann", asBinaries: "ben"}[way] // both have one database
		c.register(name, http.StatusCreated)
		c.call("POST", "/api/user/login", `{"username":"`+name+`","password":"password123"}`, http.StatusOK)
	}
}
