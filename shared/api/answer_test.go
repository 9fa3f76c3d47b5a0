package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answer is the answer to a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request through the checker of openapi.yaml. Headers have the form
// "Name: value". A body is JSON unless a header says otherwise.
func (s *service) send(method, path, body string, headers ...string) answer {
	s.t.Helper()
	return send(s.t, s.handler, method, path, body, headers...)
}

func send(t testing.TB, h http.Handler, method, path, body string, headers ...string) answer {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("X-Request-Id", requestID)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Result().Header, w.Body.String()}
}

// sendAs posts JSON. It can set the Host, and does not check the request against
// openapi.yaml.
func (s *service) sendAs(target, body string, headers []string) answer {
	s.t.Helper()
	r := httptest.NewRequest("POST", target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Request-Id", requestID)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if r.Header.Set(name, value); name == "Host" {
			r.Host = value
		}
	}
	w := httptest.NewRecorder()
	routes(s.db, s.box, false).ServeHTTP(w, r)
	return answer{w.Code, w.Result().Header, w.Body.String()}
}

// wants compares an answer with a status and a JSON body.
func (a answer) wants(t testing.TB, name string, status int, body string) {
	t.Helper()
	if diff := cmp.Diff(normalizedJSON(t, body), normalizedJSON(t, a.body)); diff != "" || a.status != status {
		t.Errorf("%s: answered %d, want %d (-want +got):\n%s", name, a.status, status, diff)
	}
}

// normalizedJSON formats a JSON text, so that equal values give equal texts.
func normalizedJSON(t testing.TB, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("not JSON: %v: %q", err, text)
	}
	b, _ := json.MarshalIndent(v, "", " ")
	return string(b)
}

// problem returns a problem document. Fields are pairs of a name and a reason.
func problem(status int, code, msg string, fields ...string) string {
	p := map[string]string{}
	for i := 0; i < len(fields); i += 2 {
		p[fields[i]] = fields[i+1]
	}
	list := ""
	if len(p) > 0 {
		b, _ := json.Marshal(p)
		list = `"fields":` + string(b) + `,`
	}
	return fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d,"code":%q,"msg":%q,%s"request_id":%q}`,
		http.StatusText(status), status, code, msg, list, requestID)
}

func invalid(fields ...string) string {
	return problem(400, "invalid", "Some fields are not valid.", fields...)
}

var (
	unauthenticated = problem(401, "unauthenticated", "Please log in.")
	forbidden       = problem(403, "forbidden", "You may not do that.")
	noSuchUser      = problem(404, "not_found", "User not found.")
	lastAdmin       = problem(409, "conflict", "The last active admin can be neither deleted, demoted nor deactivated.")
	invalidToken    = problem(400, "token_invalid", "The token is invalid or has expired.", "token", "is invalid or has expired")
)
