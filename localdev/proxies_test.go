package main

import (
	"strings"
	"testing"
)

// TRUSTED_PROXIES means the same in this process and in the binaries: the
// session has the address that the one proxy wrote, or that of who connects.
func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	for _, way := range modes {
		for proxies, want := range map[string]string{"0": "127.0.0.1", "1": "198.51.100.7"} {
			t.Run(way+" "+proxies, func(t *testing.T) {
				t.Parallel()
				s := newTestServer(t, way, map[string]string{"TRUSTED_PROXIES": proxies})
				values := map[string]string{}
				login := jsonBody("POST", "/api/user/login", `{"username":"admin","password":"`+adminPassword+`"}`, "X-Forwarded-For: 203.0.113.9, 198.51.100.7")
				storeTokens(values, s.send(t, "POST", login.bytes()))
				list := raw{"GET", "/api/user/me/sessions", []string{"Authorization: Bearer «access»"}, ""}
				if a := s.send(t, "GET", list.bytesWith(values)); !strings.Contains(a.body, `"address":"`+want+`"`) {
					t.Errorf("%v, want the address %s", a, want)
				}
			})
		}
	}
}
