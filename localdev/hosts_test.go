package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHostsOfThisMachine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		addr, public, host, path string
		want                     int
	}{
		{"127.0.0.1:3000", "", "127.0.0.1:3000", "/_mail", 200},
		{"127.0.0.1:3000", "", "localhost:3000", "/_mail", 200},
		{"127.0.0.1:3000", "", "LocalHost.:3000", "/_mail", 200},
		{"127.0.0.1:3000", "", "app.localhost", "/healthz", 200},
		{"127.0.0.1:3000", "", "127.1.2.3", "/healthz", 200},
		{"127.0.0.1:3000", "", "[::1]:3000", "/_mail", 200},
		{"127.0.0.1:3000", "", "[::ffff:127.0.0.1]:3000", "/_mail", 200},
		{"127.0.0.1:3000", "", "evil.example", "/_mail", 421},
		{"127.0.0.1:3000", "", "evil.example:3000", "/", 421},
		{"127.0.0.1:3000", "", "evil.example", "/_run/seed_admin", 421},
		{"127.0.0.1:3000", "", "localhost.evil.example", "/_mail", 421},
		{"127.0.0.1:3000", "", "127.0.0.1.evil.example", "/_mail", 421},
		{"127.0.0.1:3000", "", "192.168.1.5:3000", "/_mail", 421},
		{"127.0.0.1:3000", "", "", "/_mail", 421},
		{"192.168.1.5:3000", "", "192.168.1.5:3000", "/_mail", 200},
		{"192.168.1.5:3000", "", "192.168.1.6:3000", "/_mail", 421},
		{"0.0.0.0:3000", "", "192.168.1.5:3000", "/_mail", 200},
		{":3000", "", "192.168.1.5:3000", "/_mail", 200},
		{"[::]:3000", "", "[2001:db8::1]:3000", "/_mail", 200},
		{"0.0.0.0:3000", "", "evil.example:3000", "/_mail", 421},
		{"laptop.local:3000", "", "Laptop.local:3000", "/_mail", 200},
		{"127.0.0.1:3000", "https://tunnel.example", "tunnel.example", "/healthz", 200},
		{"127.0.0.1:3000", "https://tunnel.example", "tunnel.example", "/_mail", 421},
	} {
		r := httptest.NewRequest(http.MethodGet, test.path, nil)
		r.Host = test.host
		if got := guarded(test.addr, test.public, r); got != test.want {
			t.Errorf("-addr %s, Host %s, %s: %d, want %d", test.addr, test.host, test.path, got, test.want)
		}
	}
}

// A page elsewhere can send a request that needs no preflight.
func TestJobsAreNotRunForOtherOrigins(t *testing.T) {
	t.Parallel()
	for header, want := range map[[2]string]int{
		{}:                                  200, // curl
		{"Origin", "http://127.0.0.1:3000"}: 200,
		{"Sec-Fetch-Site", "same-origin"}:   200,
		{"Origin", "https://evil.example"}:  403,
		{"Origin", "null"}:                  403,
		{"Sec-Fetch-Site", "cross-site"}:    403,
		{"Origin", "http://127.0.0.1:3001"}: 403,
	} {
		r := httptest.NewRequest(http.MethodPost, "/_run/seed_admin", nil)
		r.Host = "127.0.0.1:3000"
		if header[0] != "" {
			r.Header.Set(header[0], header[1])
		}
		if got := guarded("127.0.0.1:3000", "", r); got != want {
			t.Errorf("%v: %d, want %d", header, got, want)
		}
	}
}

func guarded(addr, public string, r *http.Request) int {
	w := httptest.NewRecorder()
	newHosts(addr, public).guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
	return w.Code
}
