package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// What openapi.yaml describes as good is taken, and what it describes as bad is
// refused: s.send holds each request and its answer against it.
func TestTheDescriptionIsTheCodes(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	ann := bearer(t, s.find("ann"))
	long := func(n int) string { return strings.Repeat("a", n) }
	device := func(name string) string {
		return fmt.Sprintf(`{"username":"ann","password":%q,"device_name":"%s"}`, right, name)
	}
	for name, c := range map[string]struct {
		method, path, body string
		want               int
	}{
		"the longest username":      {"POST", "/api/user/forget_password", `{"username":"` + long(256) + `"}`, 200},
		"a longer one":              {"POST", "/api/user/forget_password", `{"username":"` + long(257) + `"}`, 400},
		"the longest address":       {"POST", "/api/user/forget_password", `{"email":"` + long(512) + `"}`, 200},
		"a longer address":          {"POST", "/api/user/forget_password", `{"email":"` + long(513) + `"}`, 400},
		"a long token for the page": {"GET", "/reset_password?token=" + long(300), "", 200},
		"a device":                  {"POST", "/api/user/login", device("Ann's 電話"), 200},
		"a device's control":        {"POST", "/api/user/login", device("\u0083"), 400},
		"a device's line separator": {"POST", "/api/user/login", device("a\u2028b"), 400},
		"a device that reorders":    {"POST", "/api/user/login", device("a\u202eb"), 400},
		"an address without a name": {"PUT", "/api/user/me", `{"email":"00@0.0"}`, 400},
		"an address with a number":  {"PUT", "/api/user/me", `{"email":"ann@1.2.3.4"}`, 400},
		"a short last label":        {"PUT", "/api/user/me", `{"email":"ann@example.c"}`, 400},
		"an internationalised one":  {"PUT", "/api/user/me", `{"email":"ann@bücher.example"}`, 200},
		"a name that reorders":      {"PUT", "/api/user/me", `{"first_name":"a\u202eb"}`, 400},
		"an invisible name":         {"PUT", "/api/user/me", `{"first_name":"\u200b"}`, 400},
		"a name":                    {"PUT", "/api/user/me", `{"first_name":"Zoë-Ann O'Brien"}`, 200},
	} {
		if a := s.send(c.method, c.path, c.body, ann); a.status != c.want {
			t.Errorf("%s: %d %s, want %d", name, a.status, a.body, c.want)
		}
	}
}

// The same for the one field of the page: what is too long is so with its space.
func TestTheDescriptionOfThePageIsTheCodes(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, space := range []string{"", " ", "\n", "\u3000", "\u200b"} {
		for _, n := range []int{1, 255, 256, 257, 510, 511, 512, 513} {
			for _, text := range []string{strings.Repeat("a", n), "@" + strings.Repeat("b", n-1)} {
				for _, account := range []string{text, space + text, text + space, strings.Repeat(space, 5) + text} {
					want := 200
					if runes := len([]rune(account)); runes > 512 || !strings.Contains(text, "@") && len([]rune(strings.TrimLeft(account, space))) > 256 {
						want = 400
					}
					a := s.send("POST", "/forgot_password", "account="+url.QueryEscape(account), "Content-Type: application/x-www-form-urlencoded")
					if a.status != want {
						t.Errorf("%+.20q of %d characters: %d, want %d", account, len([]rune(account)), a.status, want)
					}
				}
			}
		}
	}
}
