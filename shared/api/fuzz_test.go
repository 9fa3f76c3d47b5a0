package api_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"roster/shared/user"
)

// No body may cause a 5xx, an answer that is not JSON, or the storing of bytes
// that are not text.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		`{"username":"ann","first_name":"A","last_name":"B","email":"a@example.com","password":"short"}`,
		`{"username":"a","email":"b@example.com"}`, `{"token":"x","new_password":"another kite"}`, `{"role":"ADMIN","active":true,"email":"x"}`, `{"first_name":"\ud83e\udd93","last_name":"\ud800"}`,
		"account=ann", "account=%20a%40b", "token=x&username=ann&new_password=another+kite", `{"email":"b@example.com"}`, `{"username":""}`,
		`{"a":1,"a":2}`, `{"uſername":"x"}`, `[]`, `{"first_name":"\u0000"}`, strings.Repeat("[", 100), "{\"first_name\":\"\xff\"}", `{"first_name":"\\ud800"}`,
	} {
		f.Add(uint8(0), body)
		f.Add(uint8(1), body)
		f.Add(uint8(3), body)
	}
	header := bearer(f, user.User{UUID: "01939e6e-5a7c-4bd0-8f0e-3a1f5d0c9b42", TokenVersion: 1, Role: user.RoleAdmin})
	calls := []struct{ method, path string }{
		{"POST", "/api/user/register"}, {"POST", "/api/user/forget_password"}, {"POST", "/api/user/reset_password"}, {"PUT", "/api/user/ann"}, {"POST", "/reset_password"}, {"POST", "/forgot_password"},
	}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		call := calls[int(which)%len(calls)]
		if strings.Contains(body, "current_password") || (strings.Contains(body, "password") && call.path == "/api/user/register") {
			body = strings.ReplaceAll(body, "password", "pass") // hashes are slow
		}
		mediaType, isPage := "Content-Type: application/json", !strings.HasPrefix(call.path, "/api/")
		if isPage {
			mediaType = formType
		}
		a := send(t, routes(emptyDB{t}, &outbox{}, false), call.method, call.path, body, header, mediaType)
		if a.status >= 500 || a.status < 200 || a.status == 401 || a.status == 403 {
			t.Fatalf("%s %s: %d %s", call.method, call.path, a.status, a.body)
		}
		if isPage {
			return
		}
		if !json.Valid([]byte(a.body)) || !utf8.ValidString(a.body) {
			t.Errorf("answered %q", a.body)
		}
		if a.status < 300 && !json.Valid([]byte(body)) {
			t.Errorf("accepted %q, which is not JSON", body)
		}
	})
}

// No path and no header may give access without a valid token.
func FuzzCaller(f *testing.F) {
	f.Add("ann", "Bearer x.y.z")
	f.Add("a%2fb", "Basic YTpi")
	f.Add("..", "")
	f.Fuzz(func(t *testing.T, name, authorization string) {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			r := httptest.NewRequest(method, "/", strings.NewReader(`{}`))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", authorization)
			r.URL.Path, r.URL.RawPath = "/api/user/"+name, ""
			w := httptest.NewRecorder()
			routes(emptyDB{t}, &outbox{}, false).ServeHTTP(w, r)
			if w.Code < 300 || w.Code >= 500 {
				t.Errorf("%s %q as %q: %d %s", method, name, authorization, w.Code, w.Body)
			}
		}
	})
}
