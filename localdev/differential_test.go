package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
)

var (
	generatorSeed = flag.Uint64("seed", 20260105, "seed of the generated requests")
	requestCount  = flag.Int("requests", 1000, "number of generated requests")
)

// perServer is how many requests are played on one pair of services. A longer run
// takes several pairs, each from a seed of its own.
const perServer = 12_500

// Whatever a client sends, the functions answer the same in this process and as
// the binaries that are deployed, never with a 5xx, and PostgreSQL has nothing
// to complain of.
func TestBothWaysAnswerAlike(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	statuses, played, differences := map[int]int{}, 0, 0
	t.Run("play", func(t *testing.T) {
		for first := 0; first < *requestCount; first += perServer {
			t.Run(fmt.Sprintf("from %d", first), func(t *testing.T) {
				t.Parallel()
				requests := generate(*generatorSeed+uint64(first), min(perServer, *requestCount-first))
				answers := playBothWays(t, requests)
				mu.Lock()
				defer mu.Unlock()
				for i, here := range answers[inThisProcess] {
					played++
					statuses[here.status]++
					if diff := cmp.Diff(normalize(here), normalize(answers[asBinaries][i])); diff != "" {
						differences++
						t.Errorf("request %d: %v (-%s +%s):\n%s", i, requests[i], inThisProcess, asBinaries, diff)
					}
				}
			})
		}
	})
	t.Logf("%d requests from the seed %d, %d differences; statuses: %v", played, *generatorSeed, differences, statuses)
	for _, status := range []int{200, 201, 400, 401, 403, 404, 405, 409, 413, 415, 431} {
		if statuses[status] == 0 {
			t.Errorf("no request was answered %d: the generator is too tame", status)
		}
	}
}

func generate(seed uint64, n int) []raw {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0))}
	requests := make([]raw, n)
	for i := range requests {
		requests[i] = g.request()
	}
	for i := range len(requests) / len(setupRequests) / 25 { // again and again, for accounts go and tokens end
		copy(requests[i*25*len(setupRequests):], setupRequests)
	}
	return requests
}

// playBothWays returns each way's answers.
func playBothWays(t *testing.T, requests []raw) map[string][]answer {
	answers := map[string][]answer{}
	t.Run("", func(t *testing.T) {
		for _, way := range modes {
			got := make([]answer, len(requests))
			answers[way] = got
			t.Run(way, func(t *testing.T) {
				t.Parallel()
				playAll(t, newTestServer(t, way, with(unlimited, "PUBLIC_URL", "http://roster.test")), requests, got)
			})
		}
	})
	return answers
}

// unlimited lets one client send as much as it can.
var unlimited = map[string]string{
	"LIMIT_LOGIN_ACCOUNT_NETWORK": "1000000/1s",
	"LIMIT_LOGIN_NETWORK":         "1000000/1s",
	"LIMIT_LOGIN_IN_A_ROW":        "100",
	"LIMIT_REGISTER_NETWORK":      "1000000/1s",
	"LIMIT_EMAIL_ACCOUNT":         "1000000/1s",
	"LIMIT_FORGET_ACCOUNT":        "1000000/1s",
	"LIMIT_FORGET_NETWORK":        "1000000/1s",
	"LIMIT_RESET_NETWORK":         "1000000/1s",
	"LIMIT_EXPORT_ACCOUNT":        "1000000/1s",
}

// setupRequests makes an account and leaves a user's access token and an admin's,
// the older and the newer one.
var setupRequests = []raw{
	jsonBody("POST", "/api/user/register", `{"username":"ann","first_name":"Ann","last_name":"Lee","email":"ann@example.com","password":"password123"}`),
	jsonBody("POST", "/api/user/login", `{"username":"ann","password":"password123"}`),
	{"GET", "/api/user/bob", []string{"Authorization: Bearer «access»"}, ""},
	jsonBody("PUT", "/api/user/ann", `{"role":"ADMIN"}`, "Authorization: Bearer «access»"),
	jsonBody("POST", "/api/user/forget_password", `{"username":"ann","email":"ann@example.com"}`),
	jsonBody("POST", "/api/user/forget_password", `{"email":"ann@example.com"}`),
	{method: "GET", target: "/forgot_password"},
	{"POST", "/forgot_password", []string{"Content-Type: application/x-www-form-urlencoded"}, "account=ann"},
	{method: "GET", target: "/.well-known/change-password"},
	jsonBody("POST", "/api/user/login", `{"username":"admin","password":"`+adminPassword+`"}`),
	jsonBody("PUT", "/api/user/admin", `{"role":"USER"}`, "Authorization: Bearer «access»"),
}

func playAll(t *testing.T, s testServer, requests []raw, answers []answer) {
	values := map[string]string{}
	for i, r := range requests {
		bytes := r.bytesWith(values)
		a := s.send(t, r.method, bytes)
		if a.status == http.StatusUnauthorized { // the waits after wrong passwords depend on the pace
			if _, err := postgrestest.Pool(t).Exec(t.Context(), "delete from limits where backoff"); err != nil {
				t.Fatal(err)
			}
		}
		if answers[i] = a; a.status >= 500 {
			t.Errorf("request %d: %v\nis answered %v", i, r, a)
		}
		answers[i].body = a.without(values)
		storeTokens(values, a)
	}
	if errs := postgrestest.Errors(t); len(errs) > 0 {
		t.Errorf("PostgreSQL complains: %q", errs)
	}
}

// without returns the body with the names of the tokens for themselves: the page
// for resets repeats the token that it is given, and whatever stands beside it.
func (a answer) without(values map[string]string) string {
	body := a.body
	for name, value := range values {
		if value != "" {
			body = strings.ReplaceAll(body, value, "«"+name+"»")
		}
	}
	return body
}

// storeTokens keeps the tokens of an answer for the requests to come.
func storeTokens(values map[string]string, a answer) {
	var body struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		Token        string `json:"token"`
	}
	if a.status != http.StatusOK || json.Unmarshal([]byte(a.body), &body) != nil {
		return
	}
	if body.AccessToken != "" {
		values["access"], values["older"] = body.AccessToken, values["access"]
	}
	if body.RefreshToken != "" {
		values["refresh"] = body.RefreshToken
	}
	if body.Token != "" {
		values["reset"] = body.Token
	}
}

// bytesWith are the request's, with the tokens.
func (r raw) bytesWith(values map[string]string) []byte { return r.fill(values).bytes() }

// fill puts the tokens into the places that the generator left for them.
func (r raw) fill(values map[string]string) raw {
	replace := func(s string) string {
		if !strings.Contains(s, "«") {
			return s
		}
		for _, name := range []string{"access", "older", "reset", "refresh"} {
			s = strings.ReplaceAll(s, "«"+name+"»", values[name])
		}
		return s
	}
	filled := raw{method: r.method, target: replace(r.target), body: replace(r.body)}
	for _, h := range r.headers {
		filled.headers = append(filled.headers, replace(h))
	}
	return filled
}

// volatileFields is what two answers to one request may differ in: ids, times and
// tokens.
var volatileFields = regexp.MustCompile(`"(request_id|id|uuid|access_token|refresh_token|device_token|token)":"[^"]*"|"[a-z_]+_at":"[^"]*"`)

func normalize(a answer) string {
	h := a.headers.Clone()
	for _, name := range []string{"Date", "Content-Length", "X-Request-Id", "Apigw-Requestid"} {
		if h.Get(name) != "" {
			h.Set(name, "…")
		}
	}
	return fmt.Sprintf("%d\n%v\n%s", a.status, h, volatileFields.ReplaceAllString(a.body, "…"))
}
