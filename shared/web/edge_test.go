package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roster/shared/web"
)

const (
	seen       = "203.0.113.9" // by API Gateway
	edgeSecret = "canary-0123456789-abcdefghijklmnopqrs"
)

// edgeOf is that many proxies, which send edgeSecret.
type edgeOf int

func (e edgeOf) Proxies() int                                { return int(e) }
func (e edgeOf) Verify(_ context.Context, value string) bool { return value == edgeSecret }

// request is one that API Gateway received from seen.
func request(secrets, forwarded []string) *http.Request {
	r := httptest.NewRequest("POST", "/api/user/login", nil)
	r.RemoteAddr = seen + ":0"
	for _, v := range secrets {
		r.Header.Add(web.EdgeHeader, v)
	}
	for _, v := range forwarded {
		r.Header.Add("X-Forwarded-For", v)
	}
	return r
}

// addressOf is what a handler behind the edge sees.
func addressOf(t *testing.T, edge web.Edge, r *http.Request) string {
	t.Helper()
	got := "not called"
	web.TrustProxies(edge, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = strings.TrimSuffix(r.RemoteAddr, ":0")
		if edge.Proxies() > 0 && r.Header.Get(web.EdgeHeader) != "" {
			t.Error("the handler is given the secret")
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
	return got
}

// Only what the proxies wrote of X-Forwarded-For is believed.
func TestTheEdgeTellsTheClient(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		proxies   int
		forwarded []string
		want      string
	}{
		"no proxy":                        {0, nil, seen},
		"no proxy, a claim":               {0, []string{"198.51.100.1"}, seen},
		"one proxy":                       {1, []string{"198.51.100.1"}, "198.51.100.1"},
		"one, which the gateway added":    {1, []string{"198.51.100.1, " + seen}, "198.51.100.1"},
		"the same with a port":            {1, []string{"198.51.100.1:8443, " + seen + ":443"}, "198.51.100.1"},
		"one, and a claim":                {1, []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1"},
		"one, and many claims":            {1, []string{"192.0.2.66, 192.0.2.67", "192.0.2.68,198.51.100.1"}, "198.51.100.1"},
		"one, and a claim that is no one": {1, []string{"localhost, 198.51.100.1"}, "198.51.100.1"},
		"one, and a claim to be it":       {1, []string{seen + ", 198.51.100.1"}, "198.51.100.1"},
		"two":                             {2, []string{"198.51.100.1, 198.51.100.200"}, "198.51.100.1"},
		"two, and a claim":                {2, []string{"192.0.2.66, 198.51.100.1, 198.51.100.200"}, "198.51.100.1"},
		"two, in two headers":             {2, []string{"192.0.2.66, 198.51.100.1", "198.51.100.200"}, "198.51.100.1"},
		"two, but only one wrote":         {2, []string{"198.51.100.1"}, seen},
		"one, without the header":         {1, nil, seen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := addressOf(t, edgeOf(c.proxies), request([]string{edgeSecret}, c.forwarded)); got != c.want {
				t.Errorf("the address is %s, want %s", got, c.want)
			}
		})
	}
}

func TestFormsOfForwardedAddresses(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"203.0.113.7":                "203.0.113.7",
		"203.0.113.7:51234":          "203.0.113.7",
		"2001:db8::5":                "[2001:db8::5]",
		"[2001:db8::5]":              "[2001:db8::5]",
		"[2001:db8::5]:443":          "[2001:db8::5]",
		"2001:DB8:0:0::5":            "[2001:db8::5]",
		"fe80::1%eth0":               "[fe80::1]",
		"[fe80::1%25eth0]:443":       "[fe80::1]",
		"::ffff:203.0.113.7":         "203.0.113.7",
		"[::ffff:203.0.113.7]:443":   "203.0.113.7",
		"unknown":                    seen,
		"_hidden":                    seen,
		"":                           seen,
		"203.0.113":                  seen,
		"203.0.113.7:":               seen,
		"203.0.113.7:99999":          seen,
		"203.0.113.7:https":          seen,
		"[203.0.113.7]":              seen,
		"[2001:db8::5":               seen,
		"[2001:db8::5]x":             seen,
		"\xff\x00":                   seen,
		`"[2001:db8::5]:443"`:        seen,
		"203.0.113.7 203.0.113.8":    seen,
		"http://203.0.113.7":         seen,
		strings.Repeat("1", 100_000): seen,
	} {
		if got := addressOf(t, edgeOf(1), request([]string{edgeSecret}, []string{"192.0.2.66, " + entry})); got != want {
			t.Errorf("%.60q: the address is %s, want %s", entry, got, want)
		}
	}
}

// Who does not come through the edge is who connects to API Gateway.
func TestWithoutTheSecretNothingIsBelieved(t *testing.T) {
	t.Parallel()
	for name, secrets := range map[string][]string{
		"no header":      nil,
		"empty":          {""},
		"wrong":          {"0" + edgeSecret[1:]},
		"shorter":        {edgeSecret[:len(edgeSecret)-1]},
		"longer":         {edgeSecret + "x"},
		"a guess and it": {"guess", edgeSecret},
		"both in one":    {"guess," + edgeSecret},
	} {
		if got := addressOf(t, edgeOf(1), request(secrets, []string{"198.51.100.1"})); got != seen {
			t.Errorf("%s: the address is %s, want %s", name, got, seen)
		}
	}
}

func TestARequestWithoutAnAddress(t *testing.T) {
	t.Parallel()
	r := request([]string{edgeSecret}, []string{"198.51.100.1"})
	r.RemoteAddr = ""
	if got := addressOf(t, edgeOf(1), r); got != "" {
		t.Errorf("an address out of nothing: %q", got)
	}
}

// What a client can cause at will is logged once, without the secret and without
// what the client wrote.
func TestTheEdgeWarnsOnce(t *testing.T) {
	var log strings.Builder
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	h := web.TrustProxies(edgeOf(2), http.NotFoundHandler())
	for range 10 {
		for _, r := range []*http.Request{
			request([]string{edgeSecret}, []string{"198.51.100.1, 198.51.100.2"}),
			request([]string{edgeSecret}, []string{"canary, 198.51.100.2"}),
			request([]string{edgeSecret}, nil),
			request([]string{"canary"}, []string{"198.51.100.1, 198.51.100.2"}),
			request(nil, []string{"canary"}),
		} {
			r.Header.Set("X-Request-Id", "request-of-a-test")
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	for _, once := range []string{"X-Forwarded-For has no address", "a request without the edge's secret"} {
		if n := strings.Count(log.String(), once); n != 1 {
			t.Errorf("%d times %q:\n%s", n, once, log.String())
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 2 || strings.Count(log.String(), `"request_id":"request-of-a-test"`) != n {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
	if strings.Contains(log.String(), "canary") {
		t.Errorf("the log shows what was sent:\n%s", log.String())
	}
}
