package api_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"roster/shared/audit"
	"roster/shared/ratelimit"
	"roster/shared/request"
	"roster/shared/user"
)

// clientRecorder keeps the client of a refused login.
type clientRecorder struct {
	emptyDB
	from *request.Client
}

func (w clientRecorder) AttemptAtAccount(context.Context, user.Lookup, time.Time) (user.Found, error) {
	return user.Found{}, nil
}

func (w clientRecorder) RecordFailure(_ context.Context, _ []ratelimit.Budget, e audit.Event) error {
	*w.from = e.Client
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
