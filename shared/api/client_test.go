package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"roster/shared/audit"
	"roster/shared/request"
	"roster/shared/user"
	"roster/shared/web"
)

// A client can send X-Forwarded-For itself, with any address in it.
func TestOnlyTrustedProxiesSetTheClientAddress(t *testing.T) {
	t.Parallel()
	const seen = "203.0.113.9" // by API Gateway
	for name, c := range map[string]struct {
		proxies   int
		forwarded []string
		want      string
	}{
		"no proxy":                       {0, nil, seen},
		"no proxy, a forged address":     {0, []string{"198.51.100.1"}, seen},
		"one proxy":                      {1, []string{"198.51.100.1"}, "198.51.100.1"},
		"one, the gateway added its own": {1, []string{"198.51.100.1, " + seen}, "198.51.100.1"},
		"one, and a forged address":      {1, []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1"},
		"one, and many forged addresses": {1, []string{"192.0.2.66, 192.0.2.67", "192.0.2.68,198.51.100.1"}, "198.51.100.1"},
		"one, and a forged name":         {1, []string{"localhost, 198.51.100.1"}, "198.51.100.1"},
		"two":                            {2, []string{"198.51.100.1, 198.51.100.200"}, "198.51.100.1"},
		"two, and a forged address":      {2, []string{"192.0.2.66, 198.51.100.1, 198.51.100.200"}, "198.51.100.1"},
		"two, but only one was passed":   {2, []string{"198.51.100.1"}, seen},
		"one, without the header":        {1, nil, seen},
		"IPv6":                           {1, []string{"192.0.2.66, 2001:db8::1"}, "2001:db8::1"},
		"no address":                     {1, []string{"unknown"}, seen},
		"with a port":                    {1, []string{"198.51.100.1:443"}, seen},
		"empty":                          {1, []string{""}, seen},
		"commas":                         {1, []string{",,,"}, seen},
		"bytes":                          {1, []string{"\xff\x00"}, seen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got string
			h := web.TrustProxies(c.proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
			r := httptest.NewRequest("POST", "/api/user/login", nil)
			r.RemoteAddr = seen + ":0"
			for _, v := range c.forwarded {
				r.Header.Add("X-Forwarded-For", v)
			}
			h.ServeHTTP(httptest.NewRecorder(), r)
			want := c.want + ":0"
			if strings.Contains(c.want, ":") {
				want = "[" + c.want + "]:0"
			}
			if got != want {
				t.Errorf("the address is %s, want %s", got, want)
			}
		})
	}
}

func TestForwardedHeaderNeedsAConnectionAddress(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/", nil)
	r.RemoteAddr = ""
	r.Header.Set("X-Forwarded-For", "198.51.100.1")
	web.TrustProxies(1, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.RemoteAddr != "" {
			t.Errorf("the address is %q", r.RemoteAddr)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
}

// clientRecorder keeps the client of a refused login.
type clientRecorder struct {
	emptyDB
	from *request.Client
}

func (w clientRecorder) UserByUsername(context.Context, string) (*user.User, error) { return nil, nil }

func (w clientRecorder) Record(_ context.Context, e audit.Event) error {
	*w.from = e.From
	return nil
}

func TestUserAgentIsShortAndPrintable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ agent, want string }{
		"a browser":  {"Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (X11; Linux x86_64)"},
		"none":       {"", ""},
		"bytes":      {"a\xff\xfeb", "ab"},
		"control":    {"a\x1b[31mb\tc\x7f", "a[31mbc"},
		"a new line": {"a\r\nb", "ab"},
		"reordered":  {"a\u202eb\u2066c", "abc"},
		"very long":  {strings.Repeat("é", 5000), strings.Repeat("é", 200)},
	} {
		var from request.Client
		r := httptest.NewRequest("POST", "/api/user/login", strings.NewReader(`{"username":"ann","password":"wrong"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header["User-Agent"] = []string{c.agent}
		r.Header.Set("Device-Token", "anything")
		r.Header.Set("X-Request-Id", requestID)
		r.RemoteAddr = "[2001:db8::1]:0"
		routes(clientRecorder{emptyDB{t}, &from}, &outbox{}, false).ServeHTTP(httptest.NewRecorder(), r)
		if diff := cmp.Diff(c.want, from.UserAgent); diff != "" || !utf8.ValidString(from.UserAgent) {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if from.Address.String() != "2001:db8::1" || from.DeviceToken != "anything" || from.RequestID != requestID {
			t.Errorf("%s: %+v", name, from)
		}
	}
}
