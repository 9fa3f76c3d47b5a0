package api_test

import (
	"net/url"
	"strings"
	"testing"
)

const form = "Content-Type: application/x-www-form-urlencoded"

// marks of the page's states.
const (
	asks    = `<form method="post" action="/reset_password">`
	done    = "Your password has been changed"
	deadEnd = "This link does not work"
)

func submit(token, password, repeated string) string {
	return url.Values{"token": {token}, "new_password": {password}, "repeat_password": {repeated}}.Encode()
}

func (a answer) shows(t testing.TB, name string, status int, want ...string) {
	t.Helper()
	for _, mark := range []string{asks, done, deadEnd} {
		shown := strings.Contains(a.body, mark)
		wanted := strings.Contains(strings.Join(want, "\n"), mark)
		if shown != wanted {
			t.Errorf("%s: %q is shown: %v", name, mark, shown)
		}
	}
	for _, w := range want {
		if !strings.Contains(a.body, w) {
			t.Errorf("%s: the page lacks %q:\n%s", name, w, a.body)
		}
	}
	if a.status != status {
		t.Errorf("%s: answered %d, want %d", name, a.status, status)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.account("ann")
	token := s.mailedToken("ann")
	s.touches("GET", false, func() { // mail scanners open links
		for range 3 {
			s.send("GET", "/reset_password?token="+token, "").shows(t, "GET", 200, asks, `name="token" value="`+token+`"`)
		}
	})
	a := s.send("POST", "/reset_password", submit(token, "another kite", "another kite"), form)
	a.shows(t, "POST", 200, done)
	if strings.Contains(a.body, token) || strings.Contains(a.body, "another kite") {
		t.Errorf("the page shows a secret:\n%s", a.body)
	}
	s.send("POST", "/reset_password", submit(token, "another kite", "another kite"), form).shows(t, "again", 400, deadEnd)
	s.send("GET", "/api/user/ann", "", bearer(t, u)).wants(t, "a token of before", 401, unauthenticated)
	if a := s.send("POST", "/api/user/login", `{"username":"ann","password":"another kite"}`); a.status != 200 {
		t.Errorf("the new password: %d %s", a.status, a.body)
	}
}

func TestPageRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	token := s.mailedToken("ann")
	for name, c := range map[string]struct {
		body   string
		header string
		status int
		shows  []string
	}{
		"not the same":       {submit(token, "another kite", "another kit"), form, 400, []string{asks, "The two passwords are not the same.", token}},
		"not repeated":       {submit(token, "another kite", ""), form, 400, []string{asks, "The two passwords are not the same."}},
		"short":              {submit(token, "short", "short"), form, 400, []string{asks, "The new password must have at least 8 characters."}},
		"common":             {submit(token, "password123", "password123"), form, 400, []string{asks, "The new password is too common."}},
		"own address":        {submit(token, "ann@example.com", "ann@example.com"), form, 400, []string{asks, "The new password must not be one of the account&#39;s own names."}},
		"unknown token":      {submit(strings.Repeat("A", 43), "another kite", "another kite"), form, 400, []string{deadEnd}},
		"no token":           {submit("", "another kite", "another kite"), form, 400, []string{deadEnd}},
		"markup for a token": {submit(`"><script>alert(1)</script>{problem}`, "short", "short"), form, 400, []string{asks, `value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;{problem}"`}},
		"NUL":                {submit(token, "another\x00kite", "another\x00kite"), form, 400, []string{"The form could not be read."}},
		"broken UTF-8":       {submit(token, "another\xffkite", "another\xffkite"), form, 400, []string{"The form could not be read."}},
		"a bad escape":       {"token=" + token + "&new_password=%zz", form, 400, []string{"The form could not be read."}},
		"a semicolon":        {"token=" + token + ";new_password=x", form, 400, []string{"The form could not be read."}},
		"JSON":               {`{"token":"` + token + `"}`, "Content-Type: application/json", 415, []string{"The body must be application/x-www-form-urlencoded in UTF-8."}},
		"a file":             {"x", "Content-Type: multipart/form-data; boundary=x", 415, []string{"The body must be"}},
		"over 16 KiB":        {submit(token, strings.Repeat("x", 17000), ""), form, 413, []string{"The body must have at most 16 KiB."}},
	} {
		s.touches(name, false, func() {
			s.send("POST", "/reset_password", c.body, c.header).shows(t, name, c.status, c.shows...)
		})
	}
	s.send("GET", "/reset_password", "").shows(t, "GET without a token", 200, deadEnd)
	s.send("GET", "/reset_password?token=%22%3E%3Cscript%3E", "").shows(t, "GET with markup", 200, asks, `value="&#34;&gt;&lt;script&gt;"`)
	s.send("POST", "/reset_password", submit(token, "another kite", "another kite"), form).shows(t, "after all that", 200, done)
}

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for name, a := range map[string]answer{
		"GET":     s.send("GET", "/reset_password?token=x", ""),
		"refused": s.send("POST", "/reset_password", submit("x", "short", "short"), form),
	} {
		for header, want := range always {
			got := a.header.Get(header)
			if header == "Content-Security-Policy" {
				if !strings.HasPrefix(got, "default-src 'none'; style-src 'sha256-") || !strings.HasSuffix(got, "; form-action 'self'; frame-ancestors 'none'; base-uri 'none'") {
					t.Errorf("%s: %s", name, got)
				}
				continue
			}
			if got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		if got := a.header.Get("Content-Type"); got != "text/html; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", name, got)
		}
		if strings.Contains(a.body, "<script") || strings.Contains(a.body, "http://") || strings.Contains(a.body, "https://") || strings.Contains(a.body, " style=") {
			t.Errorf("%s: the page has more than its policy lets in:\n%s", name, a.body)
		}
	}
}

func TestPageOutageAndBug(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	token := s.mailedToken("ann")
	body := submit(token, "another kite", "another kite")
	bug := send(t, routes(broken{s.db, func() error { panic("a bug") }}, s.box, false), "POST", "/reset_password", body, form)
	bug.shows(t, "a bug", 500, "Something went wrong on our side.")
	s.db.Close()
	a := s.send("POST", "/reset_password", body, form)
	a.shows(t, "an outage", 503, asks, "The service is not available right now.", token)
	if a.header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	s.send("GET", "/reset_password?token="+token, "").shows(t, "GET needs no database", 200, asks)
}
