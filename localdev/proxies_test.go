package main

import (
	"fmt"
	"strings"
	"testing"
)

// edgeSecret is what a proxy in front of API Gateway sends in these tests.
const edgeSecret = "edge-0123456789-abcdefghijklmnopqrstuv"

// TRUSTED_PROXIES means the same in this process and in the binaries. With one
// proxy the session has the address that the proxy wrote, without one the address
// that connects.
func TestTheTrustedProxyNamesTheAddress(t *testing.T) {
	t.Parallel()
	const connects, viewer = "127.0.0.1", "198.51.100.7"
	for _, mode := range modes {
		for name, c := range map[string]struct{ proxies, secret, want string }{
			"no proxy":                {"0", edgeSecret, connects},
			"a proxy":                 {"1", edgeSecret, viewer},
			"a proxy, without secret": {"1", "", connects},
			"a proxy, another secret": {"1", edgeSecret[:len(edgeSecret)-1] + "w", connects},
			"two proxies":             {"2", edgeSecret, "203.0.113.9"},
		} {
			t.Run(mode+", "+name, func(t *testing.T) {
				t.Parallel()
				s := newTestServer(t, mode, map[string]string{"TRUSTED_PROXIES": c.proxies, "EDGE_SECRET": edgeSecret})
				values := map[string]string{}
				login := jsonBody("POST", "/api/user/login", `{"username":"admin","password":"`+adminPassword+`"}`, throughEdge(c.secret, "203.0.113.9, "+viewer)...)
				storeTokens(values, s.send(t, "POST", login.bytes()))
				list := raw{"GET", "/api/user/me/sessions", []string{"Authorization: Bearer «access»"}, ""}
				if a := s.send(t, "GET", list.bytesWith(values)); !strings.Contains(a.body, `"address":"`+c.want+`"`) {
					t.Errorf("%v, want the address %s", a, c.want)
				}
			})
		}
	}
}

// throughEdge are the headers of a request that says it came through the edge.
func throughEdge(secret, forwarded string) []string {
	headers := []string{"X-Forwarded-For: " + forwarded}
	if secret != "" {
		headers = append(headers, "X-Edge-Secret: "+secret)
	}
	return headers
}

// Sent straight to API Gateway, a request could once claim any address: 26 of
// 26 registrations passed a limit of 20. Each of these claims another network.
func TestForgedAddressesDoNotPassTheLimit(t *testing.T) {
	t.Parallel()
	const limit, tries = 20, 26
	for _, mode := range modes {
		for name, c := range map[string]struct {
			secret string
			want   int // registrations that pass
		}{
			"forged":                       {"", limit},
			"forged, with a wrong secret":  {strings.Repeat("0123456789", 4), limit},
			"through the edge, as clients": {edgeSecret, tries},
		} {
			t.Run(mode+", "+name, func(t *testing.T) {
				t.Parallel()
				s := newTestServer(t, mode, map[string]string{
					"TRUSTED_PROXIES": "1", "EDGE_SECRET": edgeSecret, "LIMIT_REGISTER_NETWORK": fmt.Sprintf("%d/1h", limit),
				})
				statuses := map[int]int{}
				for i := range tries {
					body := fmt.Sprintf(`{"username":"user%d","first_name":"A","last_name":"B","email":"user%d@example.com","password":"correct horse battery"}`, i, i)
					r := jsonBody("POST", "/api/user/register", body, throughEdge(c.secret, fmt.Sprintf("198.18.%d.7", i))...)
					statuses[s.send(t, "POST", r.bytes()).status]++
				}
				if statuses[201] != c.want || statuses[429] != tries-c.want {
					t.Errorf("statuses %v, want %d registrations and else 429", statuses, c.want)
				}
			})
		}
	}
}
