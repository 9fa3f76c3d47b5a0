package api_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

// created decodes the answer of a creation.
func created(t *testing.T, name string, a answer) (mailed bool) {
	t.Helper()
	var body struct {
		Msg    string         `json:"msg"`
		User   map[string]any `json:"user"`
		Mailed bool           `json:"mailed"`
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.status != 201 || body.Msg != "User created." {
		t.Fatalf("%s: %d %s: %v", name, a.status, a.body, err)
	}
	return body.Mailed
}

const newUser = `"username":"Zoe","first_name":"Zoe","last_name":"Li","email":"zoe@example.com"`

func TestAnAdminCreatesAnAccount(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := bearer(t, s.account("boss", asAdmin))
	a := s.send("POST", "/api/users", `{`+newUser+`,"password":"another kite","role":"ADMIN","active":false,"metadata":{"a": 1},"app_metadata":{"b": 2.50}}`, boss)
	if created(t, "everything", a) {
		t.Error("a mail was sent to somebody with a password")
	}
	u := s.find("zoe")
	if u.Role != user.RoleAdmin || u.Active || u.PasswordChangedAt == nil || len(s.box.drain()) > 0 {
		t.Errorf("stored %+v", u)
	}
	want := `{"msg":"User created.","user":` + profileWith(u, `{"a":1}`, `{"b":2.50}`) + `,"mailed":false}`
	a.wants(t, "everything", 201, want)
	s.send("GET", "/api/user/zoe", "", boss).wants(t, "as GET shows it", 200, profileWith(u, `{"a":1}`, `{"b":2.50}`))

	if created(t, "the least", s.send("POST", "/api/users", `{"username":"max","first_name":"Max","last_name":"Li","email":"max@example.com","invite":false}`, boss)) || len(s.box.drain()) > 0 {
		t.Error("a mail was sent that nobody asked for")
	}
	if u := s.find("max"); u.Role != user.RoleUser || !u.Active || u.PasswordHash != "" || u.PasswordChangedAt != nil {
		t.Errorf("stored %+v", u)
	}
	for _, password := range []string{right, " ", "Max"} {
		s.send("POST", "/api/user/login", credentialsOf("max", password)).wants(t, "login without a password", 401, problem(401, "unauthenticated", badCredentials))
	}
}

func TestAnInvitedUserChoosesThePassword(t *testing.T) {
	t.Parallel()
	s := newService(t)
	admin := s.account("boss", asAdmin)
	a := s.send("POST", "/api/users", `{`+newUser+`,"invite":true}`, bearer(t, admin), "X-Request-Id: invite", "User-Agent: agent/1.0")
	want := []auditEntry{{"create reset_asked", admin.UUID, s.find("zoe").UUID, `{"role": "USER", "active": "true"}`}}
	if diff := cmp.Diff(want, s.auditEntries("invite"), cmp.AllowUnexported(auditEntry{})); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	if !created(t, "invite", a) {
		t.Error("no mail was sent")
	}
	sent := s.box.drain()
	if len(sent) != 1 || sent[0].To != "zoe@example.com" || !strings.Contains(sent[0].Text, "24 hours") || !strings.Contains(sent[0].Text, "zoe") {
		t.Fatalf("mailed %+v", sent)
	}
	link := mailedLink.FindStringSubmatch(sent[0].Text)
	if link == nil || strings.Contains(a.body, link[1]) || strings.Contains(s.storedRows(), link[1]) {
		t.Fatalf("the token is not in the mail alone: %s", a.body)
	}
	var left time.Duration
	if err := postgrestest.Pool(t).QueryRow(t.Context(), "select extract(epoch from expires_at - now()) * 1000000000 from resets").Scan(&left); err != nil || left < 23*time.Hour || left > 24*time.Hour {
		t.Errorf("the link is good for %v, %v", left, err)
	}
	s.send("POST", "/api/user/reset_password", `{"token":"`+link[1]+`","new_password":"another kite"}`).wants(t, "the link", 200, passwordIsReset)
	if a := s.send("POST", "/api/user/login", credentialsOf("zoe", "another kite")); a.status != 200 {
		t.Errorf("login: %d %s", a.status, a.body)
	}
}

// Only the newest tokens of an account stay valid, and anybody may ask for one. An
// invitation is good for longer than these, so it outlives them.
func TestAStrangerDoesNotEndAnInvitation(t *testing.T) {
	t.Parallel()
	s := newService(t)
	admin := bearer(t, s.account("boss", asAdmin))
	s.send("POST", "/api/users", `{`+newUser+`,"invite":true}`, admin)
	invitation := mailedLink.FindStringSubmatch(s.box.drain()[0].Text)[1]
	var asked []string
	for range 5 {
		asked = append(asked, s.mailedToken("zoe"))
	}
	s.wantsValid(t, asked, false, false, false, true, true)
	s.wantsValid(t, []string{invitation}, true)
	s.send("POST", "/api/user/reset_password", `{"token":"`+invitation+`","new_password":"another kite"}`).wants(t, "the invitation", 200, passwordIsReset)
	s.wantsValid(t, asked, false, false, false, false, false)
}

// wantsValid checks which reset tokens are valid. It does not use them up, because the
// password is refused.
func (s *service) wantsValid(t *testing.T, tokens []string, want ...bool) {
	t.Helper()
	for i, token := range tokens {
		a := s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"zoe@example.com"}`)
		if valid := strings.Contains(a.body, `"new_password":`); valid != want[i] || a.status != 400 {
			t.Errorf("token %d: %d %s, want one that is valid: %t", i, a.status, a.body, want[i])
		}
	}
}

// The account is there when the mail is not. The answer says so.
func TestAnInvitationThatCannotBeMailedIsTold(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := bearer(t, s.account("boss", asAdmin))
	s.box.err = errors.New("no mail today")
	if created(t, "invite", s.send("POST", "/api/users", `{`+newUser+`,"invite":true}`, boss)) {
		t.Error("the answer says that the mail was sent")
	}
	s.send("POST", "/api/user/zoe/reset", "", boss).wants(t, "reset", 503, problem(503, "unavailable", "The mail was not sent. Please try again."))
	s.box.err = nil
	s.box.drain()
	s.send("POST", "/api/user/zoe/reset", "", boss).wants(t, "reset, once mail works", 200, mailSent)
	if sent := s.box.drain(); len(sent) != 1 || !strings.Contains(sent[0].Text, "24 hours") {
		t.Errorf("mailed %+v", sent)
	}
}

func TestCreationIsRefusedWithReasons(t *testing.T) {
	t.Parallel()
	s := newService(t)
	accounts := map[string]user.User{"ann": s.account("ann"), "boss": s.account("boss", asAdmin)}
	taken := func(fields ...string) string {
		return problem(409, "conflict", "Username or email already exists.", fields...)
	}
	for name, c := range map[string]struct {
		as, body string
		status   int
		want     string
	}{
		"as USER":                     {"ann", `{` + newUser + `}`, 403, forbidden},
		"nothing":                     {"boss", `{}`, 400, invalid("username", "is required", "first_name", "is required", "last_name", "is required", "email", "is required")},
		"bad values":                  {"boss", `{"username":"a","first_name":"","last_name":"\n","email":"x","role":"ROOT","metadata":[]}`, 400, invalid("username", "must be 3 to 32 ASCII letters, digits, '.', '_' or '-', the first and last a letter or digit", "first_name", "is required", "last_name", "is required", "email", "must be an e-mail address", "role", "must be USER or ADMIN", "metadata", "must be a JSON object")},
		"a reserved name":             {"boss", `{"username":"users","first_name":"Z","last_name":"L","email":"z@example.com"}`, 400, invalid("username", "is reserved")},
		"a field of the server":       {"boss", `{` + newUser + `,"id":7,"token_version":1}`, 400, invalid("id", "is not a field of this call", "token_version", "is not a field of this call")},
		"a weak password":             {"boss", `{` + newUser + `,"password":"password123"}`, 400, invalid("password", "is too common")},
		"password and invitation":     {"boss", `{` + newUser + `,"password":"another kite","invite":true}`, 400, invalid("invite", "is for an account without a password")},
		"an invitation when inactive": {"boss", `{` + newUser + `,"active":false,"invite":true}`, 400, invalid("invite", "is for an active account")},
		"a taken name":                {"boss", `{"username":"ANN","first_name":"Z","last_name":"L","email":"z@example.com","invite":true}`, 409, taken("username", "already taken")},
		"a taken address":             {"boss", `{"username":"zoe","first_name":"Z","last_name":"L","email":"ANN@example.com"}`, 409, taken("email", "already taken")},
		"over 32 KiB":                 {"boss", `{` + newUser + strings.Repeat(" ", 32<<10) + `}`, 413, problem(413, "too_large", "The body must have at most 32 KiB.")},
	} {
		s.expectChange(name, false, func() {
			s.send("POST", "/api/users", c.body, bearer(t, accounts[c.as])).wants(t, name, c.status, c.want)
		})
	}
	if sent := s.box.drain(); len(sent) > 0 {
		t.Errorf("mailed %+v", sent)
	}
}

func TestMailsOfOneAdminAreLimited(t *testing.T) {
	t.Parallel()
	s := newService(t)
	limits := generousLimits
	limits.AdminMail = ratelimit.Rate{Limit: 2, Window: time.Hour}
	h := routesWithLimits(s.db, s.box, false, limits)
	boss, chief := bearer(t, s.account("boss", asAdmin)), bearer(t, s.account("chief", asAdmin))
	s.account("ann")
	tooMany := problem(429, "too_many", "Too many tries. Please wait.")
	send(t, h, "POST", "/api/user/ann/reset", "", boss).wants(t, "first", 200, mailSent)
	created(t, "second", send(t, h, "POST", "/api/users", `{`+newUser+`,"invite":true}`, boss))
	s.expectChange("third", false, func() {
		send(t, h, "POST", "/api/user/ann/reset", "", boss).wants(t, "third", 429, tooMany)
		send(t, h, "POST", "/api/users", `{"username":"max","first_name":"M","last_name":"L","email":"max@example.com","invite":true}`, boss).wants(t, "third, an invitation", 429, tooMany)
	})
	created(t, "without a mail", send(t, h, "POST", "/api/users", `{"username":"max","first_name":"M","last_name":"L","email":"max@example.com"}`, boss))
	send(t, h, "POST", "/api/user/ann/reset", "", chief).wants(t, "another admin", 200, mailSent)
	if sent := s.box.drain(); len(sent) != 3 {
		t.Errorf("%d mails", len(sent))
	}
}
