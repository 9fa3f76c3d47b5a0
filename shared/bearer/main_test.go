package bearer_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"roster/shared/bearer"
	"roster/shared/credential/keyring"
	"roster/shared/credential/token"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

var begin = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

const (
	subject = "01939e6e-5a7c-7bd0-8f0e-3a1f5d0c9b42"
	session = "01939e6e-5a7c-7bd0-8f0e-3a1f5d0c9b43"
)

var claims = token.Claims{Subject: subject, Session: session, Role: "USER", Version: 7}

// issuer publishes keys as Roster does, or fails as the test wants. It is the
// clock, too.
type issuer struct {
	*httptest.Server
	mu      sync.Mutex
	now     time.Time
	ring    keyring.Ring
	headers map[string]string
	status  int
	body    string        // instead of the keys
	hold    chan struct{} // if set, each answer waits until it is closed
	arrived chan struct{} // gets a value for each waiting request
	fetches int
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{now: begin, arrived: make(chan struct{}, 100), status: http.StatusOK, headers: map[string]string{"Cache-Control": "public, max-age=300"}}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.fetches++
	hold := i.hold
	i.mu.Unlock()
	if hold != nil {
		i.arrived <- struct{}{}
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	body, err := i.ring.JWKS(i.now)
	if err != nil || r.URL.Path != "/.well-known/jwks.json" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	for name, value := range i.headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(i.status)
	if i.body != "" {
		body = []byte(i.body)
	}
	_, _ = w.Write(body)
}

// set changes what is published.
func (i *issuer) set(change func(*issuer)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change(i)
}

func (i *issuer) advance(d time.Duration) { i.set(func(i *issuer) { i.now = i.now.Add(d) }) }

func (i *issuer) clock() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

// takeFetches returns how often the keys were fetched since the last call.
func (i *issuer) takeFetches() (n int) {
	i.set(func(i *issuer) { n, i.fetches = i.fetches, 0 })
	return n
}

// publish replaces all keys.
func (i *issuer) publish(keys ...keyring.Key) {
	i.set(func(i *issuer) { i.ring = keyring.Ring{Keys: keys} })
}

func (i *issuer) verifier(t *testing.T) *bearer.Verifier {
	t.Helper()
	v, err := bearer.New(bearer.Config{Issuer: i.URL})
	if err != nil {
		t.Fatal(err)
	}
	v.SetClock(i.clock)
	return v
}

func newKey(t *testing.T, alg keyring.Algorithm) keyring.Key {
	t.Helper()
	k, err := keyring.Generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	k.State, k.CreatedAt, k.CurrentAt = keyring.Current, begin.Add(-24*time.Hour), begin.Add(-time.Hour)
	return k
}

// signed returns a token signed with the key.
func (i *issuer) signed(t *testing.T, k keyring.Key) string {
	t.Helper()
	k.State = keyring.Current
	s := token.New(token.Profile{Issuer: i.URL, Audience: "roster"}, token.Keys{Ring: &keyring.Ring{Keys: []keyring.Key{k}}, Private: k.Private()})
	raw, _, err := s.Issue(claims, i.clock())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// call sends a request with the Authorization headers through the middleware. It
// returns the status and the answer.
func call(t *testing.T, v *bearer.Verifier, headers ...string) (int, *httptest.ResponseRecorder) {
	t.Helper()
	h := v.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := bearer.From(r.Context())
		if !ok || c != claims {
			t.Errorf("the claims are %+v, %v", c, ok)
		}
		_, _ = io.WriteString(w, "let through")
	}))
	r, w := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), httptest.NewRecorder()
	for _, header := range headers {
		r.Header.Add("Authorization", header)
	}
	h.ServeHTTP(w, r)
	if through := w.Body.String() == "let through"; through != (w.Code == http.StatusOK) {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
	return w.Code, w
}

// check sends a token and compares the status.
func check(t *testing.T, what string, v *bearer.Verifier, raw string, want int) {
	t.Helper()
	if got, w := call(t, v, "Bearer "+raw); got != want {
		t.Errorf("%s: %d, want %d: %s", what, got, want, w.Body)
	}
}

func checkFetches(t *testing.T, what string, i *issuer, want int) {
	t.Helper()
	if got := i.takeFetches(); got != want {
		t.Errorf("%s: the keys were fetched %d times, want %d", what, got, want)
	}
}
