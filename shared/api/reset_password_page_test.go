package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

const formType = "Content-Type: application/x-www-form-urlencoded"

// Texts by which the states of the page are recognized.
const (
	pageForm       = `<form method="post" action="reset_password">`
	pageDone       = "Your password has been changed"
	pageBrokenLink = "This link does not work"
	askForm        = `<form method="post" action="forgot_password">`
)

func submit(token, password, repeated string) string {
	return url.Values{"token": {token}, "new_password": {password}, "repeat_password": {repeated}}.Encode()
}

// showsPage compares an answer with a status and the texts that the page must
// contain.
func (a answer) showsPage(t testing.TB, name string, status int, want ...string) {
	t.Helper()
	for _, mark := range []string{pageForm, pageDone, pageBrokenLink} {
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

func TestPageResetsThePasswordOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.account("ann")
	token := s.mailedToken("ann")
	s.expectChange("GET", false, func() { // mail scanners open links, too
		for range 3 {
			s.send("GET", "/reset_password?token="+token, "").showsPage(t, "GET", 200, pageForm, `name="token" value="`+token+`"`)
		}
	})
	a := s.send("POST", "/reset_password", submit(token, "another kite", "another kite"), formType)
	a.showsPage(t, "POST", 200, pageDone)
	if strings.Contains(a.body, token) || strings.Contains(a.body, "another kite") {
		t.Errorf("the page shows a secret:\n%s", a.body)
	}
	s.send("POST", "/reset_password", submit(token, "another kite", "another kite"), formType).showsPage(t, "again", 400, pageBrokenLink)
	s.send("GET", "/api/user/ann", "", bearer(t, u)).wants(t, "a token of before", 401, unauthenticated)
	if a := s.send("POST", "/api/user/login", `{"username":"ann","password":"another kite"}`); a.status != 200 {
		t.Errorf("the new password: %d %s", a.status, a.body)
	}
}

func TestPageShowsWhatIsWrong(t *testing.T) {
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
		"not the same":       {submit(token, "another kite", "another kit"), formType, 400, []string{pageForm, "The two passwords are not the same.", token, `<strong>ann</strong>`}},
		"not repeated":       {submit(token, "another kite", ""), formType, 400, []string{pageForm, "The two passwords are not the same."}},
		"short":              {submit(token, "short", "short"), formType, 400, []string{pageForm, "The new password must have at least 8 characters."}},
		"common":             {submit(token, "password123", "password123"), formType, 400, []string{pageForm, "The new password is too common."}},
		"own address":        {submit(token, "ann@example.com", "ann@example.com"), formType, 400, []string{pageForm, "The new password must not be one of the account&#39;s own names."}},
		"unknown token":      {submit(strings.Repeat("A", 43), "another kite", "another kite"), formType, 400, []string{pageBrokenLink, askForm}},
		"no token":           {submit("", "another kite", "another kite"), formType, 400, []string{pageBrokenLink}},
		"markup for a token": {submit(`"><script>alert(1)</script>{message}`, "short", "short"), formType, 400, []string{pageBrokenLink, askForm}},
		"NUL":                {submit(token, "another\x00kite", "another\x00kite"), formType, 400, []string{"The form could not be read."}},
		"broken UTF-8":       {submit(token, "another\xffkite", "another\xffkite"), formType, 400, []string{"The form could not be read."}},
		"a bad escape":       {"token=" + token + "&new_password=%zz", formType, 400, []string{"The form could not be read."}},
		"a semicolon":        {"token=" + token + ";new_password=x", formType, 400, []string{"The form could not be read."}},
		"JSON":               {`{"token":"` + token + `"}`, "Content-Type: application/json", 415, []string{"Send the header Content-Type: application/x-www-form-urlencoded, and the body in UTF-8 without compression."}},
		"a file":             {"x", "Content-Type: multipart/form-data; boundary=x", 415, []string{"Send the header Content-Type: application/x-www-form-urlencoded"}},
		"over 16 KiB":        {submit(token, strings.Repeat("x", 17000), ""), formType, 413, []string{"The body must have at most 16 KiB."}},
	} {
		s.expectChange(name, false, func() {
			s.send("POST", "/reset_password", c.body, c.header).showsPage(t, name, c.status, c.shows...)
		})
	}
	s.send("GET", "/reset_password", "").showsPage(t, "GET without a token", 200, pageBrokenLink)
	s.send("GET", "/reset_password?token=%22%3E%3Cscript%3E", "").showsPage(t, "GET with markup", 200, pageBrokenLink)
	s.send("POST", "/reset_password", submit(token, "another kite", "another kite"), formType).showsPage(t, "the token still works", 200, pageDone)
}

func TestPageKeepsToItsSecurityPolicy(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	token := s.mailedToken("ann")
	for name, a := range map[string]answer{
		"GET":     s.send("GET", "/reset_password?token=x", ""),
		"form":    s.send("GET", "/reset_password?token="+token, ""),
		"ask":     s.send("GET", "/forgot_password", ""),
		"refused": s.send("POST", "/reset_password", submit("x", "short", "short"), formType),
	} {
		for header, want := range securityHeaders {
			got := a.header.Get(header)
			if header == "Content-Security-Policy" {
				if !strings.HasPrefix(got, "default-src 'none'; style-src 'sha256-") || !strings.Contains(got, "; script-src 'sha256-") || strings.Contains(got, "unsafe") || !strings.HasSuffix(got, "; form-action 'self'; frame-ancestors 'none'; base-uri 'none'") {
					t.Errorf("%s: %s", name, got)
				}
				continue
			}
			if got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		for _, tag := range []string{"style", "script"} {
			hash := sha256.Sum256([]byte(between(a.body, "<"+tag+">", "</"+tag+">")))
			if allowed := tag + "-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"; !strings.Contains(a.header.Get("Content-Security-Policy"), allowed) {
				t.Errorf("%s: the policy does not allow the page's %s", name, tag)
			}
		}
		if strings.Contains(a.body, "Roster") {
			t.Errorf("%s: the page shows the name of the program:\n%s", name, a.body)
		}
		if got := a.header.Get("Content-Type"); got != "text/html; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", name, got)
		}
		if strings.Count(a.body, "<script") != 1 || strings.Contains(a.body, "http://") || strings.Contains(a.body, "https://") || strings.Contains(a.body, " style=") {
			t.Errorf("%s: the page has something that its policy forbids:\n%s", name, a.body)
		}
	}
}

// between is the text between two marks.
func between(s, begin, end string) string {
	_, rest, _ := strings.Cut(s, begin)
	text, _, _ := strings.Cut(rest, end)
	return text
}

// WCAG 2.2: the title says what the page is for (2.4.2), and the error is
// connected with its field (3.3.1).
func TestPageIsReadableByScreenReaders(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	token := s.mailedToken("ann")
	for _, c := range []struct{ password, title string }{
		{"short", "Error: Choose a new password – "},
		{"another kite", "Your password has been changed – "},
		{"another kite", "Error: This link does not work – "},
	} {
		a := s.send("POST", "/reset_password", submit(token, c.password, c.password), formType)
		if title := between(a.body, "<title>", "</title>"); title != c.title+"Möwe &amp; &lt;b&gt;Söhne&lt;/b&gt;" {
			t.Errorf("the title is %q, want %q", title, c.title)
		}
		if heading := between(a.body, "<h1>", "</h1>"); !strings.HasSuffix(c.title, heading+" – ") {
			t.Errorf("the heading is %q", heading)
		}
		if field := between(a.body, `<input id="new_password"`, ">"); field != "" && (!strings.Contains(field, `aria-describedby="problem hint" aria-invalid="true" autofocus`) ||
			!strings.Contains(a.body, `id="problem">The new password must have`) || !strings.Contains(a.body, `role="alert"><a href="#new_password">`) || !strings.Contains(a.body, `id="hint">At least 8 characters.`)) {
			t.Errorf("nothing describes the field:\n%s", a.body)
		}
	}
}

func TestPageAnswersOutagesAndBugs(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	token := s.mailedToken("ann")
	body := submit(token, "another kite", "another kite")
	bug := send(t, routes(failingDB{s.db, func() error { panic("a bug") }}, s.box, false), "POST", "/reset_password", body, formType)
	bug.showsPage(t, "a bug", 500, "Something went wrong on our side.")
	s.db.Close()
	a := s.send("POST", "/reset_password", body, formType)
	a.showsPage(t, "an outage", 503, pageForm, "The service is not available right now.", token)
	if a.header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	s.send("GET", "/reset_password?token="+token, "").showsPage(t, "GET in an outage", 503, pageForm, "The service is not available right now.", token)
}

// ASVS 6.2.6 and 6.2.7: the fields hide what is typed, and nothing prevents the
// use of a password manager or the clipboard.
func TestPageAllowsPasswordManagers(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	page := s.send("GET", "/reset_password?token="+s.mailedToken("ann"), "").body
	for _, name := range []string{"new_password", "repeat_password"} {
		field := regexp.MustCompile(`<input [^>]*name="` + name + `"[^>]*>`).FindString(page)
		if !strings.Contains(field, `type="password"`) || !strings.Contains(field, `autocomplete="new-password"`) || strings.Contains(field, "maxlength") {
			t.Errorf("the field %s is %s", name, field)
		}
	}
	if name := `name="username" autocomplete="username" value="ann"`; !strings.Contains(page, name) {
		t.Errorf("a password manager does not see whose password it is:\n%s", page)
	}
	if found := regexp.MustCompile(`(?i)<script |\son[a-z]+=|javascript:`).FindString(page); found != "" {
		t.Errorf("the page has %s", found)
	}
}
