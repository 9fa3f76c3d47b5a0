package api_test

import (
	"strings"
	"testing"

	"roster/shared/user"
)

const mailSent = `{"msg":"Mail sent."}`

func TestAnAdminSendsAResetMail(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := bearer(t, s.account("boss", asAdmin))
	ann := s.account("ann")
	header := bearer(t, ann)
	a := s.send("POST", "/api/user/ANN/reset", "", boss)
	a.wants(t, "reset", 200, mailSent)
	sent := s.box.drain()
	if len(sent) != 1 || sent[0].To != ann.Email || !strings.Contains(sent[0].Text, "30 minutes") {
		t.Fatalf("mailed %+v", sent)
	}
	link := mailedLink.FindStringSubmatch(sent[0].Text)
	if link == nil || strings.Contains(s.storedRows(), link[1]) {
		t.Fatalf("no link in %s, or the token is stored", sent[0].Text)
	}
	if a := s.send("GET", "/api/user/ann", "", header); a.status != 200 {
		t.Errorf("a mail alone ends a session: %d %s", a.status, a.body)
	}
	s.send("POST", "/api/user/reset_password", `{"token":"`+link[1]+`","new_password":"another kite"}`).wants(t, "the link", 200, passwordIsReset)
	s.send("POST", "/api/user/me/reset", "", boss).wants(t, "to oneself", 200, mailSent)
}

func TestResetMailsOfAnAdminAreRefused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	accounts := map[string]user.User{"ann": s.account("ann"), "boss": s.account("boss", asAdmin)}
	s.account("off", inactive)
	for name, c := range map[string]struct {
		as, target string
		status     int
		want       string
	}{
		"as USER, to oneself":       {"ann", "ann", 403, forbidden},
		"as USER, to another":       {"ann", "boss", 403, forbidden},
		"as USER, to nobody":        {"ann", "nobody", 403, forbidden},
		"to nobody":                 {"boss", "nobody", 404, noSuchUser},
		"to somebody not active":    {"boss", "off", 409, problem(409, "conflict", "The account is not active. Activate it first.")},
		"to what no account can be": {"boss", "..", 404, noSuchUser},
	} {
		s.expectChange(name, false, func() {
			s.send("POST", "/api/user/"+strings.ReplaceAll(c.target, ".", "%2e")+"/reset", "", bearer(t, accounts[c.as])).wants(t, name, c.status, c.want)
		})
	}
	if sent := s.box.drain(); len(sent) > 0 {
		t.Errorf("mailed %+v", sent)
	}
}

// The mails that anybody asks for and those of an admin count together, so that
// nobody gets more than three at a time.
func TestResetMailsToOneAccountCountTogether(t *testing.T) {
	t.Parallel()
	s := newService(t)
	boss := bearer(t, s.account("boss", asAdmin))
	s.account("ann")
	h := s.withDefaultLimits()
	send(t, h, "POST", "/api/user/ann/reset", "", boss).wants(t, "first", 200, mailSent)
	send(t, h, "POST", "/api/user/forget_password", `{"username":"ann"}`).wants(t, "second", 200, tokenGenerated)
	send(t, h, "POST", "/api/user/ann/reset", "", boss).wants(t, "third", 200, mailSent)
	for range 2 {
		send(t, h, "POST", "/api/user/ann/reset", "", boss).wants(t, "fourth", 429, problem(429, "too_many", "Too many tries. Please wait."))
	}
	if sent := s.box.drain(); len(sent) != 3 {
		t.Errorf("%d mails", len(sent))
	}
}
