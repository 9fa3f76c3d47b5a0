package api_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"roster/shared/api/apitest"
)

const tokenGenerated = `{"msg":"Token generated successfully."}`

var mailedLink = regexp.MustCompile(regexp.QuoteMeta(publicURL) + `/reset_password\?token=([A-Za-z0-9_-]{43})\b`)

// mailedToken asks for a reset and returns the token in the mail.
func (s *service) mailedToken(name string) string {
	s.t.Helper()
	return s.mailedTokenTo(name, name+"@example.com")
}

func (s *service) mailedTokenTo(name, email string) string {
	s.t.Helper()
	s.box.drain() // what was sent before
	a := s.send("POST", "/api/user/forget_password", `{"username":"`+name+`","email":"`+email+`"}`)
	a.wants(s.t, "forget_password", 200, tokenGenerated)
	sent := s.box.drain()
	if len(sent) != 1 || sent[0].To != email {
		s.t.Fatalf("mailed %v", sent)
	}
	link := mailedLink.FindStringSubmatch(sent[0].Text)
	if link == nil || !strings.Contains(sent[0].HTML, link[0]) {
		s.t.Fatalf("no link in the mail %q", sent[0].Text)
	}
	return link[1]
}

func TestForgetPasswordMailsATokenThatIsNotStored(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	token := s.mailedToken("ann")
	if strings.Contains(s.storedRows(), token) {
		t.Error("the token is stored")
	}
	other := s.mailedToken("ann")
	if other == token {
		t.Error("the same token twice")
	}
}

// A mail goes only to the stored address of a matching account, with a link to
// the configured origin.
func TestForgetPasswordAnswersAlikeForEveryAccount(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben", inactive)
	for name, body := range map[string]string{
		"unknown":              `{"username":"nobody","email":"ann@example.com"}`,
		"another's address":    `{"username":"ann","email":"ben@example.com"}`,
		"inactive":             `{"username":"ben","email":"ben@example.com"}`,
		"invalid name":         `{"username":"../x","email":"ann@example.com"}`,
		"invalid address":      `{"username":"ann","email":"x"}`,
		"look-alike":           `{"username":"ann","email":"аnn@example.com"}`,
		"dotless i":            `{"username":"ann","email":"ann@example.com\u0131"}`,
		"two addresses":        `{"username":"ann","email":"ann@example.com,evil@example.com"}`,
		"a header in it":       `{"username":"ann","email":"ann@example.com\r\nBcc: evil@example.com"}`,
		"very long":            `{"username":"` + strings.Repeat("a", 256) + `","email":"` + strings.Repeat("a", 512) + `"}`,
		"wildcards":            `{"username":"ann","email":"%"}`,
		"name alone, unknown":  `{"username":"nobody"}`,
		"name alone, inactive": `{"username":"ben"}`,
		"name alone, invalid":  `{"username":"../x"}`,
		"address, unknown":     `{"email":"nobody@example.com"}`,
		"address, inactive":    `{"email":"ben@example.com"}`,
		"address, invalid":     `{"email":"ann"}`,
		"the e-mail as a name": `{"username":"ann@example.com","email":"ann@example.com"}`,
	} {
		s.expectChange(name, false, func() {
			a := send(t, routes(s.db, s.box, false), "POST", "/api/user/forget_password", body)
			a.wants(t, name, 200, tokenGenerated)
		})
		if sent := s.box.drain(); len(sent) > 0 {
			t.Errorf("%s: mailed %v", name, sent)
		}
	}
	// GHSA-3529-5m8x-rpv3: the link must not contain anything from the request.
	a := s.send("POST", "/api/user/forget_password", `{"username":"ANN","email":"Ann@EXAMPLE.com"}`,
		"Host: evil.example", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "Forwarded: host=evil.example", "Origin: https://evil.example", "Referer: https://evil.example/")
	a.wants(t, "another spelling", 200, tokenGenerated)
	sent := s.box.drain()
	if len(sent) != 1 || sent[0].To != "ann@example.com" || strings.Contains(sent[0].Text+sent[0].HTML, "evil") || !mailedLink.MatchString(sent[0].Text) {
		t.Errorf("mailed %v", sent)
	}
}

func TestForgetPasswordAnswersAlikeWhenMailFails(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.box.err = errors.New("SES is down")
	s.send("POST", "/api/user/forget_password", `{"username":"ann","email":"ann@example.com"}`).wants(t, "mail fails", 200, tokenGenerated)
}

func TestForgetPasswordNamesBadFields(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for body, want := range map[string]string{
		`{}`:                            invalid("username", "is required without email", "email", "is required without username"),
		`{"username":"","email":""}`:    invalid("username", "is required", "email", "is required"),
		`{"username":"ann","email":""}`: invalid("email", "is required"),
		`{"username":"","email":"ann@example.com"}`:                         invalid("username", "is required"),
		`{"username":null,"email":"ann@example.com"}`:                       invalid("username", "must be a string"),
		`{"username":"ann","email":["ann@example.com","evil@example.com"]}`: invalid("email", "must be a string"), // CVE-2023-7028
		`{"username":"ann","email":"a","token":"x"}`:                        invalid("token", "is not a field of this call"),
	} {
		s.send("POST", "/api/user/forget_password", body).wants(t, body, 400, want)
	}
	if sent := s.box.drain(); len(sent) > 0 {
		t.Errorf("mailed %v", sent)
	}
}

// A username or an e-mail is enough. The mail goes to the stored address and names
// the username.
func TestForgetPasswordTakesEither(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben")
	for _, body := range []string{`{"username":"Ann"}`, `{"email":"ANN@example.com"}`, `{"username":"ann","email":"ann@example.com"}`} {
		s.send("POST", "/api/user/forget_password", body).wants(t, body, 200, tokenGenerated)
		sent := s.box.drain()
		if len(sent) != 1 || sent[0].To != "ann@example.com" || !strings.Contains(sent[0].Text, "Your username is ann.") {
			t.Errorf("%s: mailed %v", body, sent)
			continue
		}
		token := mailedLink.FindStringSubmatch(sent[0].Text)[1]
		if a := s.send("POST", "/api/user/reset_password", `{"token":"`+token+`","new_password":"another kite"}`); a.status != 200 {
			t.Errorf("%s: the token is answered %d %s", body, a.status, a.body)
		}
	}
}

// RESET_TOKEN_IN_RESPONSE: every answer has a token of the same form, but the
// token works only if the account matches.
func TestRevealedTokenWorksForTheRightAccountOnly(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben", inactive)
	h := apitest.Handler(t, routes(s.db, s.box, true))
	for body, want := range map[string]int{
		`{"username":"ann","email":"ann@example.com"}`:    200,
		`{"username":"ann","email":"other@example.com"}`:  400,
		`{"username":"ben","email":"ben@example.com"}`:    400,
		`{"username":"nobody","email":"ann@example.com"}`: 400,
		`{"username":"ann"}`:                              200,
		`{"email":"ann@example.com"}`:                     200,
		`{"username":"nobody"}`:                           400,
		`{"username":"ben"}`:                              400,
		`{"email":"other@example.com"}`:                   400,
		`{"email":"ben@example.com"}`:                     400,
	} {
		var got struct{ Msg, Token string }
		if err := json.Unmarshal([]byte(send(t, h, "POST", "/api/user/forget_password", body).body), &got); err != nil {
			t.Fatal(err)
		}
		if got.Msg != "Token generated successfully." || len(got.Token) != 43 {
			t.Errorf("%s: %+v", body, got)
		}
		if a := send(t, h, "POST", "/api/user/reset_password", `{"token":"`+got.Token+`","new_password":"another kite"}`); a.status != want {
			t.Errorf("%s: the token is answered %d %s", body, a.status, a.body)
		}
	}
}
