package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"roster/localdev/pgserver"
	"roster/localdev/postgrestest"
	"roster/shared/api/apitest"
)

// maxOutageLatency is how long an answer may take while PostgreSQL is gone: many times
// what it takes on a quiet machine.
const maxOutageLatency = 3 * time.Second

func TestADeadDatabaseIsAnOutage(t *testing.T) {
	t.Parallel()
	for _, way := range modes {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			server := postgrestest.Server(t)
			p := newProbe(t, newTestServer(t, way, map[string]string{"DATABASE_URL": server.URL("postgres")}))
			p.fillPools()

			// Gone and back unseen: every connection is dead.
			restart(t, server)
			p.wantAllHealthy("after a restart that nobody noticed")

			if err := server.Stop(); err != nil {
				t.Fatal(err)
			}
			slowest := p.wantAllUnavailable(maxOutageLatency)
			t.Logf("slowest answer without a database: %v", slowest)
			restart(t, server)
			p.waitUntilHealthy()
			p.wantAllHealthy("after an outage")
		})
	}
}

func restart(t *testing.T, server *pgserver.Server) {
	t.Helper()
	if err := server.Restart(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// probe uses every endpoint with a database behind it.
type probe struct {
	t      *testing.T
	server testServer
	client *http.Client
	token  string
}

func newProbe(t *testing.T, s testServer) *probe {
	p := &probe{t: t, server: s, client: client()}
	p.client.Transport = apitest.Transport(t, p.client.Transport)
	values := map[string]string{}
	storeTokens(values, s.send(t, "POST", jsonBody("POST", "/api/user/login", `{"username":"admin","password":"`+adminPassword+`"}`).bytes()))
	p.token = values["access"]
	return p
}

// calls are each endpoint with what it answers while all is well. None of
// them changes the admin, and each can be done again.
func (p *probe) calls() map[string]apiCall {
	json := func(method, path, body string, want int) apiCall {
		return apiCall{method, path, "application/json", body, want}
	}
	return map[string]apiCall{
		"register":        json("POST", "/api/user/register", `{"username":"ann","first_name":"A","last_name":"L","email":"admin@roster.localhost","password":"password123"}`, 409),
		"login":           json("POST", "/api/user/login", `{"username":"admin","password":"`+adminPassword+`"}`, 200),
		"forget_password": json("POST", "/api/user/forget_password", `{"username":"admin","email":"admin@roster.localhost"}`, 200),
		"reset_password":  json("POST", "/api/user/reset_password", `{"token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","new_password":"password123"}`, 400),
		"get_user":        json("GET", "/api/user/admin", "", 200),
		"update_user":     json("PUT", "/api/user/admin", `{"first_name":"Admin"}`, 200),
		"delete_user":     json("DELETE", "/api/user/nobody", "", 404),
		"audit":           json("GET", "/api/audit?limit=1", "", 200),
		"list_users":      json("GET", "/api/users?q=admin", "", 200),
		"health":          json("GET", "/healthz", "", 200),
		"page": {
			"POST", "/reset_password", "application/x-www-form-urlencoded",
			"token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&new_password=password123&repeat_password=password123", 400,
		},
	}
}

type apiCall struct {
	method, path, media, body string
	want                      int
}

// run does one errand and returns the answer, its body read, and how long it
// took.
func (p *probe) run(e apiCall) (*http.Response, time.Duration) {
	p.t.Helper()
	req, err := http.NewRequest(e.method, p.server.url+e.path, bytes.NewReader([]byte(e.body)))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if e.body != "" {
		req.Header.Set("Content-Type", e.media)
	}
	began := time.Now()
	resp, err := p.client.Do(req)
	if err != nil {
		p.t.Errorf("%s %s: %v", e.method, e.path, err)
		return &http.Response{}, time.Since(began)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return resp, time.Since(began)
}

// fillPools fills the pools with connections.
func (p *probe) fillPools() {
	p.t.Helper()
	var wg sync.WaitGroup
	for range 2 {
		for _, e := range p.calls() {
			wg.Go(func() { p.run(e) })
		}
	}
	wg.Wait()
}

func (p *probe) wantAllHealthy(when string) {
	p.t.Helper()
	for range 2 {
		for name, e := range p.calls() {
			if resp, _ := p.run(e); resp.StatusCode != e.want {
				p.t.Errorf("%s, %s answers %d, want %d", when, name, resp.StatusCode, e.want)
			}
		}
	}
}

func (p *probe) wantAllUnavailable(limit time.Duration) (slowest time.Duration) {
	p.t.Helper()
	for name, e := range p.calls() {
		resp, took := p.run(e)
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || took > limit {
			p.t.Errorf("%s answers %d, Retry-After %q, after %v; want 503 with it within %v", name, resp.StatusCode, resp.Header.Get("Retry-After"), took, limit)
		}
		slowest = max(slowest, took)
	}
	return slowest
}

// waitUntilHealthy waits until the service is healthy again.
func (p *probe) waitUntilHealthy() {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		resp, _ := p.run(p.calls()["health"])
		if resp.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the database is back, and the health is still %d", resp.StatusCode)
		}
	}
}
