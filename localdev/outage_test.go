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

// patient is how long an answer may take while PostgreSQL is gone: many times
// what it takes on a quiet machine.
const patient = 3 * time.Second

func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			server := postgrestest.Server(t)
			p := newPatron(t, newSite(t, way, map[string]string{"DATABASE_URL": server.URL("postgres")}))
			p.warm()

			// Gone and back unseen: every connection is dead.
			restart(t, server)
			p.allWell("after a restart that nobody noticed")

			if err := server.Stop(); err != nil {
				t.Fatal(err)
			}
			slowest := p.allUnavailable(patient)
			t.Logf("slowest answer without a database: %v", slowest)
			restart(t, server)
			p.recovered()
			p.allWell("after an outage")
		})
	}
}

func restart(t *testing.T, server *pgserver.Server) {
	t.Helper()
	if err := server.Restart(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// patron uses every endpoint with a database behind it.
type patron struct {
	t      *testing.T
	site   site
	client *http.Client
	token  string
}

func newPatron(t *testing.T, s site) *patron {
	p := &patron{t: t, site: s, client: client()}
	p.client.Transport = apitest.Transport(t, p.client.Transport)
	values := map[string]string{}
	learn(values, s.send(t, "POST", jsonBody("POST", "/api/user/login", `{"username":"admin","password":"`+adminPassword+`"}`).bytes()))
	p.token = values["access"]
	return p
}

// errands are each endpoint with what it answers while all is well. None of
// them changes the admin, and each can be done again.
func (p *patron) errands() map[string]errand {
	json := func(method, path, body string, want int) errand {
		return errand{method, path, "application/json", body, want}
	}
	return map[string]errand{
		"register":        json("POST", "/api/user/register", `{"username":"ann","first_name":"A","last_name":"L","email":"admin@roster.localhost","password":"password123"}`, 409),
		"login":           json("POST", "/api/user/login", `{"username":"admin","password":"`+adminPassword+`"}`, 200),
		"forget_password": json("POST", "/api/user/forget_password", `{"username":"admin","email":"admin@roster.localhost"}`, 200),
		"reset_password":  json("POST", "/api/user/reset_password", `{"token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","new_password":"password123"}`, 400),
		"get_user":        json("GET", "/api/user/admin", "", 200),
		"update_user":     json("PUT", "/api/user/admin", `{"first_name":"Admin"}`, 200),
		"delete_user":     json("DELETE", "/api/user/nobody", "", 404),
		"audit":           json("GET", "/api/audit?limit=1", "", 200),
		"health":          json("GET", "/healthz", "", 200),
		"page": {
			"POST", "/reset_password", "application/x-www-form-urlencoded",
			"token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&new_password=password123&repeat_password=password123", 400,
		},
	}
}

type errand struct {
	method, path, media, body string
	want                      int
}

// run does one errand and returns the answer, its body read, and how long it
// took.
func (p *patron) run(e errand) (*http.Response, time.Duration) {
	p.t.Helper()
	req, err := http.NewRequest(e.method, p.site.url+e.path, bytes.NewReader([]byte(e.body)))
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

// warm fills the pools with connections.
func (p *patron) warm() {
	p.t.Helper()
	var wg sync.WaitGroup
	for range 2 {
		for _, e := range p.errands() {
			wg.Go(func() { p.run(e) })
		}
	}
	wg.Wait()
}

func (p *patron) allWell(when string) {
	p.t.Helper()
	for range 2 {
		for name, e := range p.errands() {
			if resp, _ := p.run(e); resp.StatusCode != e.want {
				p.t.Errorf("%s, %s answers %d, want %d", when, name, resp.StatusCode, e.want)
			}
		}
	}
}

func (p *patron) allUnavailable(limit time.Duration) (slowest time.Duration) {
	p.t.Helper()
	for name, e := range p.errands() {
		resp, took := p.run(e)
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || took > limit {
			p.t.Errorf("%s answers %d, Retry-After %q, after %v; want 503 with it within %v", name, resp.StatusCode, resp.Header.Get("Retry-After"), took, limit)
		}
		slowest = max(slowest, took)
	}
	return slowest
}

// recovered waits until the service is healthy again.
func (p *patron) recovered() {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		resp, _ := p.run(p.errands()["health"])
		if resp.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the database is back, and the health is still %d", resp.StatusCode)
		}
	}
}
