package aws_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
)

const (
	login   = "POST /api/user/login"
	getUser = "GET /api/user/{username}"
)

func credentials(password string) string {
	return `{"username":"admin","password":"` + password + `"}`
}

// deploy does what a first deployment does, under AWS's emulator: the custom
// resource makes the schema and the admin, and rotate_keys a ring of keys.
func (s *stack) deploy() {
	s.t.Helper()
	if got := s.create(s.official); !strings.Contains(got, `"Status":"SUCCESS"`) {
		s.t.Fatalf("CloudFormation is told %s\n%s", got, s.emulators["seed_admin"].log)
	}
	var report struct{ Did []string }
	raw := s.official("rotate_keys", []byte(`{"replace_all":true}`))
	if err := json.Unmarshal(raw, &report); err != nil || len(report.Did) == 0 {
		s.t.Fatalf("rotate_keys answers %s\n%s", raw, s.emulators["rotate_keys"].log)
	}
}

// create sends SAM's event of a custom resource, and returns what CloudFormation
// is told.
func (s *stack) create(send func(function string, event []byte) []byte) string {
	s.t.Helper()
	told := make(chan string, 2)
	bucket := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		told <- r.Method + " " + string(body)
	}))
	defer bucket.Close()
	event := sample(s.t, "cloudformation create-request")
	event["ResponseURL"] = bucket.URL
	send("seed_admin", encode(s.t, event))
	close(told)
	return <-told
}

func (s *stack) login() (accessToken string) {
	s.t.Helper()
	var body struct {
		AccessToken string `json:"access_token"`
	}
	r := s.asks("login", request(s.t, login, "/api/user/login", credentials(adminPassword)), 200)
	if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
		s.t.Fatal(err)
	}
	return body.AccessToken
}

// Every function's answer under AWS's own emulator is the one that localdev's
// gets: with SAM's events, a real database and moto's secret.
func TestFunctionsAnswerAlikeUnderBothEmulators(t *testing.T) {
	t.Parallel()
	s := newStack(t, postgrestest.Empty(t), nil)
	s.deploy()
	if official, ours := s.create(s.official), s.create(s.ours); official != ours {
		t.Errorf("CloudFormation is told %s under AWS's emulator, %s under localdev's", official, ours)
	}
	if got := string(s.both("seed_admin", encode(t, sample(t, "cloudwatch scheduled-event")))); !strings.Contains(got, "the account exists; nothing to do") {
		t.Errorf("the hourly run says %s", got)
	}

	s.asks("health", request(t, "GET /healthz", "/healthz", ""), 200)
	access := s.login()
	s.asks("login", request(t, login, "/api/user/login", credentials("wrong")), 401)
	s.asks("login", request(t, login, "/api/user/login", `{"username":`), 400)

	bearer := []string{"authorization", "Bearer " + access}
	for _, path := range []string{"/api/user/admin", "/api/user/nobody"} {
		status := map[bool]int{true: 200, false: 404}[path == "/api/user/admin"]
		s.asks("get_user", request(t, getUser, path, "", bearer...), status)
	}
	if r := s.asks("get_user", request(t, getUser, "/api/user/admin", ""), 401); r.Headers["Www-Authenticate"] != "Bearer" {
		t.Errorf("without a token, the headers are %v", r.Headers)
	}
	if r := s.asks("jwks", request(t, "GET /.well-known/jwks.json", "/.well-known/jwks.json", ""), 200); !strings.Contains(r.Body, `"ES256"`) {
		t.Errorf("the keys are %s", r.Body)
	}
	s.asks("jwks", request(t, "GET /.well-known/openid-configuration", "/.well-known/openid-configuration", ""), 200)
	s.asks("not_found", request(t, "$default", "GET /nothing", ""), 404)
	if r := s.asks("not_found", request(t, "$default", "DELETE /api/audit", ""), 405); r.Headers["Allow"] != "GET" {
		t.Errorf("the headers are %v", r.Headers)
	}
}

// SAM is at fault: its sample has the network 192.168.0.1/32 as sourceIp, where
// API Gateway sends an address. Roster answers all the same, and knows no
// address.
func TestSAMsSampleAsItIs(t *testing.T) {
	t.Parallel()
	s := newStack(t, postgrestest.Empty(t), nil)
	s.asks("not_found", encode(t, sample(t, httpAPI)), 404)
	s.deploy()
	e := sample(t, httpAPI)
	e["body"], e["isBase64Encoded"] = credentials(adminPassword), false
	e["headers"] = map[string]string{"content-type": "application/json"}
	s.asks("login", encode(t, e), 200)
	e["body"] = credentials("wrong")
	s.asks("login", encode(t, e), 401)
}
