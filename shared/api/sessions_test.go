package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/credential/refresh"
)

// opened is what a login and a refresh answer.
type opened struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

func (o opened) header() string { return "Authorization: Bearer " + o.AccessToken }

func (s *service) open(method, path, body string, headers ...string) opened {
	s.t.Helper()
	a := s.send(method, path, body, headers...)
	var o opened
	if err := json.Unmarshal([]byte(a.body), &o); err != nil || a.status != 200 {
		s.t.Fatalf("%s: %d %s, %v", path, a.status, a.body, err)
	}
	return o
}

func (s *service) login(name string) opened {
	s.t.Helper()
	return s.open("POST", "/api/user/login", `{"username":"`+name+`","password":"`+right+`","device_name":"Phone"}`)
}

func (s *service) refreshToken(name string) string {
	s.t.Helper()
	return s.login(name).RefreshToken
}

func (s *service) refreshes(token string) answer {
	return s.send("POST", "/api/user/refresh", `{"refresh_token":"`+token+`"}`, "X-Request-Id: refresh")
}

func (s *service) opens(o opened) int { return s.send("GET", "/api/user/me", "", o.header()).status }

const loginAgain = `{"type":"about:blank","title":"Unauthorized","status":401,"code":"unauthenticated","msg":"Please log in.","request_id":"refresh"}`

func TestRefresh(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	first := s.login("ann")
	second := s.open("POST", "/api/user/refresh", `{"refresh_token":"`+first.RefreshToken+`"}`)
	lost := s.open("POST", "/api/user/refresh", `{"refresh_token":"`+first.RefreshToken+`"}`)
	if second.RefreshToken != lost.RefreshToken || second.RefreshToken == first.RefreshToken {
		t.Errorf("a client whose answer was lost got %q, not %q", lost.RefreshToken, second.RefreshToken)
	}
	for _, o := range []opened{first, second, lost} {
		if s.opens(o) != 200 {
			t.Error("an access token of the session is not honoured")
		}
	}
	third := s.open("POST", "/api/user/refresh", `{"refresh_token":"`+second.RefreshToken+`"}`)
	s.refreshes(first.RefreshToken).wants(t, "a token of before the last", 401, loginAgain)
	for _, o := range []opened{first, second, lost, third} {
		if s.opens(o) != 401 {
			t.Error("an access token outlives its session")
		}
		s.refreshes(o.RefreshToken).wants(t, "a token of a session that has ended", 401, loginAgain)
	}
}

// Whoever copied a token and whoever it was copied from are logged out, the log
// has it once, and the owner is told, once.
func TestReuseIsNotedAndTold(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	other, first := s.login("ann"), s.login("ann")
	session, _ := refreshKeys.Parse(first.RefreshToken)
	second := s.open("POST", "/api/user/refresh", `{"refresh_token":"`+first.RefreshToken+`"}`)
	s.open("POST", "/api/user/refresh", `{"refresh_token":"`+second.RefreshToken+`"}`)
	for i := range 3 {
		a := s.send("POST", "/api/user/refresh", `{"refresh_token":"`+first.RefreshToken+`"}`, fmt.Sprint("X-Request-Id: reuse-", i), "User-Agent: agent/1.0")
		var want []entry
		if i == 0 {
			want = []entry{{"refresh_reused", "", ann.UUID, `{"session": "` + session.Session + `"}`}}
		}
		if diff := cmp.Diff(want, s.entries(fmt.Sprint("reuse-", i)), cmp.AllowUnexported(entry{})); diff != "" || a.status != 401 {
			t.Errorf("%d: %d, log (-want +got):\n%s", i, a.status, diff)
		}
	}
	if s.opens(other) != 200 {
		t.Error("another session of the account has ended, too")
	}
	mails := s.box.take()
	if len(mails) != 1 || mails[0].To != "ann@example.com" || !strings.HasPrefix(mails[0].Subject, "One of your devices was logged out") {
		t.Errorf("the owner was told: %+v", mails)
	}
	s.chainsHold()
}

func TestRefreshRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	forged := refresh.New([]byte("another secret, of 32 bytes also"))
	session, _ := refreshKeys.Parse(s.refreshToken("ann"))
	for name, token := range map[string]string{
		"text": "x", "another key's": forged.Encode(forged.First(session.Session)), "of no session": refreshKeys.Encode(refreshKeys.First("00000000-0000-4000-8000-000000000000")),
		"an access token": s.login("ann").AccessToken, "one that is to come": refreshKeys.Encode(refreshKeys.Child(session)), "a new first one": refreshKeys.Encode(refreshKeys.First(session.Session)),
	} {
		s.refreshes(token).wants(t, name, 401, loginAgain)
	}
	s.send("POST", "/api/user/refresh", `{}`).wants(t, "nothing", 400, invalid("refresh_token", "is required"))
	s.send("POST", "/api/user/refresh", `{"refresh_token":""}`).wants(t, "empty", 400, invalid("refresh_token", "is required"))
	if a := s.refreshes(refreshKeys.Encode(session)); a.status != 200 {
		t.Errorf("what was refused has touched the session: %d %s", a.status, a.body)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	s.account("ben")
	bystander := s.login("ben")
	for i, c := range []struct {
		body   string
		scope  string
		opens  []int // this session, another one
		status int
	}{
		{"", "this", []int{401, 200}, 200},
		{`{}`, "this", []int{401, 200}, 200},
		{`{"scope":"this"}`, "this", []int{401, 200}, 200},
		{`{"scope":"others"}`, "others", []int{200, 401}, 200},
		{`{"scope":"all"}`, "all", []int{401, 401}, 200},
		{`{"scope":"ALL"}`, "", []int{200, 200}, 400},
		{`{"scope":null}`, "", []int{200, 200}, 400},
		{`[]`, "", []int{200, 200}, 400},
		{` `, "", []int{200, 200}, 400},
	} {
		this, other := s.login("ann"), s.login("ann")
		session, _ := refreshKeys.Parse(this.RefreshToken)
		id := fmt.Sprint("logout-", i)
		a := s.send("POST", "/api/user/logout", c.body, this.header(), "X-Request-Id: "+id, "User-Agent: agent/1.0")
		if a.status != c.status || a.status == 200 && a.body != "{\"msg\":\"Logged out.\"}\n" {
			t.Errorf("%s: %d %s", c.body, a.status, a.body)
		}
		if diff := cmp.Diff(c.opens, []int{s.opens(this), s.opens(other)}); diff != "" {
			t.Errorf("%s: access tokens (-want +got):\n%s", c.body, diff)
		}
		if diff := cmp.Diff(c.opens, []int{s.refreshes(this.RefreshToken).status, s.refreshes(other.RefreshToken).status}); diff != "" {
			t.Errorf("%s: refresh tokens (-want +got):\n%s", c.body, diff)
		}
		var want []entry
		if c.status == 200 {
			want = []entry{{"logout", ann.UUID, ann.UUID, `{"scope": "` + c.scope + `", "session": "` + session.Session + `"}`}}
		}
		if diff := cmp.Diff(want, s.entries(id), cmp.AllowUnexported(entry{})); diff != "" {
			t.Errorf("%s: log (-want +got):\n%s", c.body, diff)
		}
	}
	if s.opens(bystander) != 200 {
		t.Error("a session of another account has ended")
	}
}

func TestListAndEndSessions(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben")
	boss := bearer(t, s.account("boss", asAdmin))
	phone := s.login("ann")
	laptop := s.open("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`, "User-Agent: laptop/1.0")
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
	if first["current"] != true || first["user_agent"] != "laptop/1.0" || first["device_name"] != "" || first["address"] != "192.0.2.1" || first["method"] != "pwd" ||
		second["current"] != false || second["device_name"] != "Phone" {
		t.Errorf("%+v", list)
	}
	path := "/api/user/ann/sessions/" + fmt.Sprint(second["id"])
	for _, header := range []string{bearer(t, s.find("ben"))} {
		if a := s.send("DELETE", path, "", header); a.status != 403 || s.opens(phone) != 200 {
			t.Errorf("another may end it: %d", a.status)
		}
	}
	if a := s.send("DELETE", "/api/user/ben/sessions/"+fmt.Sprint(second["id"]), "", boss); a.status != 404 || s.opens(phone) != 200 {
		t.Errorf("a session of ann, ended as one of ben: %d", a.status)
	}
	s.send("DELETE", path, "", laptop.header()).wants(t, "one's own", 200, `{"msg":"Session ended."}`)
	if s.opens(phone) != 401 || s.refreshes(phone.RefreshToken).status != 401 || s.opens(laptop) != 200 {
		t.Error("it lives on, or the other does not")
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
	if s.opens(laptop) != 401 {
		t.Error("it lives on")
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	this, other := s.login("ann"), s.login("ann")
	reset := s.mailedToken("ann")
	change := func(current, next string) string {
		return `{"current_password":"` + current + `","new_password":"` + next + `"}`
	}
	const next = "another kite moon"
	for body, want := range map[string]string{
		`{}`:                        invalid("current_password", "is required", "new_password", "is required"),
		change("", next):            invalid("current_password", "is required"),
		change("wrong", next):       invalid("current_password", "is not right"),
		change(right, "password1"):  invalid("new_password", "is one of the most common passwords"),
		change(right, "ann"):        invalid("new_password", "must have at least 8 characters"),
		change(right, "first LAST"): invalid("new_password", "must not be the username, a name or the e-mail"),
	} {
		a := s.send("POST", "/api/user/change_password", body, this.header())
		if a.status != 400 {
			t.Errorf("%s: %d %s, want %s", body, a.status, a.body, want)
		}
	}
	if s.opens(this) != 200 || s.opens(other) != 200 {
		t.Fatal("what was refused has ended a session")
	}
	a := s.send("POST", "/api/user/change_password", change(right, next), this.header())
	var got opened
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	a.wants(t, "the change", 200, `{"msg":"Password changed.","access_token":"`+got.AccessToken+`","token_type":"Bearer","expires_in":600}`)
	for name, c := range map[string]struct{ got, want int }{
		"the new access token":           {s.opens(got), 200},
		"the old one":                    {s.opens(this), 401},
		"another session":                {s.opens(other), 401},
		"its refresh token":              {s.refreshes(other.RefreshToken).status, 401},
		"the refresh token of this one":  {s.refreshes(this.RefreshToken).status, 200},
		"the old password":               {s.send("POST", "/api/user/login", `{"username":"ann","password":"`+right+`"}`).status, 401},
		"the new password":               {s.send("POST", "/api/user/login", `{"username":"ann","password":"`+next+`"}`).status, 200},
		"a reset that was mailed before": {s.send("POST", "/api/user/reset_password", `{"token":"`+reset+`","new_password":"kite zebra moon"}`).status, 400},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
}

// A session is refused at the very next request, whoever ends it and how.
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
		if s.opens(o) != 200 {
			t.Fatal("a new session is not honoured")
		}
		end()
		if access, again := s.opens(o), s.refreshes(o.RefreshToken).status; access != 401 || again != 401 {
			t.Errorf("%s: the access token is answered %d, the refresh token %d", name, access, again)
		}
		s.send("DELETE", "/api/user/ann", "", boss)
	}
}

// Who loses a role is not logged out: the next refresh gets a token of the new
// role, and the old one is dead.
func TestDemotionKeepsTheSession(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := bearer(t, s.account("boss", asAdmin))
	s.account("ann", asAdmin)
	o := s.login("ann")
	s.send("PUT", "/api/user/ann", `{"role":"USER"}`, boss).wants(t, "the demotion", 200, `{"msg":"User details updated."}`)
	if s.opens(o) != 401 {
		t.Error("the ADMIN's access token lives on")
	}
	o = s.open("POST", "/api/user/refresh", `{"refresh_token":"`+o.RefreshToken+`"}`)
	if a := s.send("GET", "/api/user/boss", "", o.header()); s.opens(o) != 200 || a.status != 403 {
		t.Errorf("after the refresh, GET boss: %d", a.status)
	}
}

func TestMe(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ann := s.account("ann")
	me, named := s.send("GET", "/api/user/me", "", bearer(t, ann)), s.send("GET", "/api/user/ann", "", bearer(t, ann))
	if me.status != 200 || me.body != named.body {
		t.Errorf("%d %s, by name %s", me.status, me.body, named.body)
	}
	s.send("PUT", "/api/user/me", `{"first_name":"Anna"}`, bearer(t, ann)).wants(t, "PUT", 200, `{"msg":"User details updated."}`)
	s.send("DELETE", "/api/user/me", "", bearer(t, ann)).wants(t, "DELETE", 200, `{"msg":"User deleted."}`)
}
