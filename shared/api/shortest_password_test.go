package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roster/shared/api"
	"roster/shared/credential/password"
	"roster/shared/credential/refresh"
	"roster/shared/user"
)

// A longer PASSWORD_MIN_LENGTH is for new passwords. An account with a shorter one
// logs in with it, and can change it for one that is long enough.
func TestAShorterPasswordStaysGoodAtLogin(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const short = "zebrakit" // 8 characters
	if a := s.send("POST", "/api/user/register", registration("ann", short)); a.status != 201 {
		t.Fatalf("register with 8: %d %s", a.status, a.body)
	}
	longer := user.Passwords{Hasher: password.NewHasher(""), Policy: password.Policy{MinLength: 12}}
	mux := http.NewServeMux()
	mux.Handle("POST /api/user/register", api.Register(s.db, user.RegisterParts{Passwords: longer, Limits: generousLimits}))
	mux.Handle("POST /api/user/login", api.Login(s.db, user.LoginParts{
		Passwords: longer, Tokens: tokens, Refresh: refresh.Codec{Keys: refreshKeys}, Devices: devices, Limits: generousLimits, Sessions: user.DefaultSessionRules,
	}))
	mux.Handle("POST /api/user/change_password", api.ChangePassword(s.db, user.ChangePasswordParts{Passwords: longer, Limits: generousLimits, Tokens: tokens}, tokens))
	send := func(path, body, token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		r.RemoteAddr = "192.0.2.1:0"
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	if w := send("/api/user/register", registration("bob", short), ""); w.Code != 400 || !strings.Contains(w.Body.String(), "must have at least 12 characters") {
		t.Errorf("register with 8 of 12: %d %s", w.Code, w.Body)
	}
	login := send("/api/user/login", `{"username":"ann","password":"`+short+`"}`, "")
	var got sessionTokens
	if err := json.Unmarshal(login.Body.Bytes(), &got); err != nil || login.Code != 200 {
		t.Fatalf("login with a password from before: %d %s", login.Code, login.Body)
	}
	for next, want := range map[string]int{"zebra kite1": 400, "zebra kite12": 200} {
		if w := send("/api/user/change_password", `{"current_password":"`+short+`","new_password":"`+next+`"}`, got.AccessToken); w.Code != want {
			t.Errorf("a new password of %d characters: %d %s", len(next), w.Code, w.Body)
		}
	}
}

func registration(username, password string) string {
	return `{"username":"` + username + `","first_name":"A","last_name":"B","email":"` + username + `@example.com","password":"` + password + `"}`
}
