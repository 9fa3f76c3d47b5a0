package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"roster/localdev/postgrestest"
)

// sessionTokens are the tokens in the answer of a login or a refresh.
type sessionTokens struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

func (o sessionTokens) header() string { return "Authorization: Bearer " + o.AccessToken }

func (s *service) tokensFrom(method, path, body string, headers ...string) sessionTokens {
	s.t.Helper()
	a := s.send(method, path, body, headers...)
	var o sessionTokens
	if err := json.Unmarshal([]byte(a.body), &o); err != nil || a.status != 200 {
		s.t.Fatalf("%s: %d %s, %v", path, a.status, a.body, err)
	}
	return o
}

func (s *service) login(name string) sessionTokens {
	s.t.Helper()
	return s.tokensFrom("POST", "/api/user/login", `{"username":"`+name+`","password":"`+right+`","device_name":"Phone"}`)
}

func (s *service) refreshToken(name string) string {
	s.t.Helper()
	return s.login(name).RefreshToken
}

func (s *service) refresh(token string) answer {
	return s.send("POST", "/api/user/refresh", `{"refresh_token":"`+token+`"}`, "X-Request-Id: refresh")
}

func (s *service) getMeStatus(o sessionTokens) int {
	return s.send("GET", "/api/user/me", "", o.header()).status
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben")
	boss := bearer(t, s.account("boss", asAdmin))
	phone := s.login("ann")
	laptop := s.tokensFrom("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`, "User-Agent: laptop/1.0")
	var list struct {
		Sessions []map[string]any `json:"sessions"`
	}
	for _, header := range []string{laptop.header(), boss} {
		if err := json.Unmarshal([]byte(s.send("GET", "/api/user/ann/sessions", "", header).body), &list); err != nil || len(list.Sessions) != 2 {
			t.Fatalf("%+v, %v", list, err)
		}
	}
	_ = json.Unmarshal([]byte(s.send("GET", "/api/user/me/sessions", "", laptop.header()).body), &list)
	first, second := list.Sessions[0], list.Sessions[1]
	if first["current"] != true || first["user_agent"] != "laptop/1.0" || first["device_name"] != "" || first["address"] != "192.0.2.1" || first["last_address"] != "192.0.2.1" || first["method"] != "pwd" ||
		second["current"] != false || second["device_name"] != "Phone" {
		t.Errorf("%+v", list)
	}
	path := "/api/user/ann/sessions/" + fmt.Sprint(second["id"])
	for _, header := range []string{bearer(t, s.find("ben"))} {
		if a := s.send("DELETE", path, "", header); a.status != 403 || s.getMeStatus(phone) != 200 {
			t.Errorf("another account may end the session: %d", a.status)
		}
	}
	if a := s.send("DELETE", "/api/user/ben/sessions/"+fmt.Sprint(second["id"]), "", boss); a.status != 404 || s.getMeStatus(phone) != 200 {
		t.Errorf("a session of ann, ended as one of ben: %d", a.status)
	}
	s.send("DELETE", path, "", laptop.header()).wants(t, "an own session", 200, `{"msg":"Session ended."}`)
	if s.getMeStatus(phone) != 401 || s.refresh(phone.RefreshToken).status != 401 || s.getMeStatus(laptop) != 200 {
		t.Error("the session has not ended, or another one has")
	}
	if a := s.send("DELETE", path, "", laptop.header()); a.status != 404 {
		t.Errorf("again: %d", a.status)
	}
	for _, id := range []string{"x", "me", strings.ToUpper(fmt.Sprint(first["id"])), "00000000-0000-4000-8000-000000000000"} {
		if a := s.send("DELETE", "/api/user/me/sessions/"+id, "", laptop.header()); a.status != 404 || !strings.Contains(a.body, "Session not found.") {
			t.Errorf("the session %s: %d %s", id, a.status, a.body)
		}
	}
	s.send("DELETE", "/api/user/ann/sessions/"+fmt.Sprint(first["id"]), "", boss).wants(t, "as ADMIN", 200, `{"msg":"Session ended."}`)
	if s.getMeStatus(laptop) != 401 {
		t.Error("the session has not ended")
	}
}

// The next request is refused already.
func TestSessionEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := bearer(t, s.account("boss", asAdmin))
	for name, end := range map[string]func(){
		"deactivated": func() { s.send("PUT", "/api/user/ann", `{"active":false}`, boss) },
		"deleted":     func() { s.send("DELETE", "/api/user/ann", "", boss) },
		"a reset": func() {
			s.send("POST", "/api/user/reset_password", `{"token":"`+s.mailedToken("ann")+`","new_password":"another kite"}`)
		},
		"a PUT of the password": func() {
			s.send("PUT", "/api/user/ann", `{"password":"another kite","current_password":"`+right+`"}`, bearer(t, s.find("ann")))
		},
		"at its end": func() {
			_, _ = postgrestest.Pool(t).Exec(t.Context(), "update sessions set ends_at = $1", time.Now().Add(-time.Second))
			boss = bearer(t, s.find("boss"))
		},
	} {
		s.account("ann")
		o := s.login("ann")
		if s.getMeStatus(o) != 200 {
			t.Fatal("a new session is refused")
		}
		end()
		if access, again := s.getMeStatus(o), s.refresh(o.RefreshToken).status; access != 401 || again != 401 {
			t.Errorf("%s: the access token is answered %d, the refresh token %d", name, access, again)
		}
		s.send("DELETE", "/api/user/ann", "", boss)
	}
}

// A demoted ADMIN is not logged out. The old access token is refused, and a
// refresh gives one with the new role.
func TestDemotionKeepsTheSession(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := bearer(t, s.account("boss", asAdmin))
	s.account("ann", asAdmin)
	o := s.login("ann")
	s.send("PUT", "/api/user/ann", `{"role":"USER"}`, boss).wants(t, "the demotion", 200, `{"msg":"User details updated."}`)
	if s.getMeStatus(o) != 401 {
		t.Error("the ADMIN's access token is still accepted")
	}
	o = s.tokensFrom("POST", "/api/user/refresh", `{"refresh_token":"`+o.RefreshToken+`"}`)
	if a := s.send("GET", "/api/user/boss", "", o.header()); s.getMeStatus(o) != 200 || a.status != 403 {
		t.Errorf("after the refresh, GET boss: %d", a.status)
	}
}
