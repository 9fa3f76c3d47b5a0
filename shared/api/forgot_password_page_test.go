package api_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"roster/shared/fault"
	"roster/shared/ratelimit"
)

const asked = "If there is such an account, a mail with a link is on its way"

func ask(account string) string { return url.Values{"account": {account}}.Encode() }

// Opening a link checks its token at once and spends nothing: nobody types a
// password for a link that is dead. Dead and unknown tokens look the same.
func TestPageChecksTheLinkAtOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	token := s.mailedToken("ann")
	live := s.send("GET", "/reset_password?token="+token, "")
	live.showsPage(t, "live", 200, pageForm, "<strong>ann</strong>")
	s.send("POST", "/reset_password", submit(token, "another kite", "another kite"), formType).showsPage(t, "used", 200, pageDone)
	dead := s.send("GET", "/reset_password?token="+token, "")
	dead.showsPage(t, "dead", 200, pageBrokenLink, askForm, "has been used or is out of date")
	for name, path := range map[string]string{
		"unknown":    "?token=" + strings.Repeat("A", 43),
		"malformed":  "?token=x",
		"very long":  "?token=" + strings.Repeat("A", 250),
		"none":       "",
		"empty":      "?token=",
		"two tokens": "?token=x&token=" + token,
	} {
		if a := s.send("GET", "/reset_password"+path, ""); a.status != dead.status || a.body != dead.body {
			t.Errorf("%s: %d, and not the page of a dead link:\n%s", name, a.status, a.body)
		}
	}
	if strings.Contains(dead.body, ">ann<") || strings.Contains(dead.body, `"ann"`) {
		t.Errorf("a dead link shows whose it was:\n%s", dead.body)
	}
}

// After success a link leads back to the app.
func TestPageLeadsBackToTheApp(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	form := submit(s.mailedToken("ann"), "another kite", "another kite") + "&username=ben" // for password managers; it is not read
	s.send("POST", "/reset_password", form, formType).showsPage(t, "done", 200, pageDone,
		`<a class="button" href="https://www.example.com/?a=&#34;b&#34;&amp;c=d">Back to Möwe &amp; &lt;b&gt;Söhne&lt;/b&gt;</a>`)
	if a := s.send("POST", "/api/user/login", `{"username":"ann","password":"another kite"}`); a.status != 200 {
		t.Errorf("the new password: %d %s", a.status, a.body)
	}
}

// The page that asks for a link gives the same answer whatever exists.
func TestForgotPasswordPageAnswersAlike(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	s.account("ben", inactive)
	page := s.send("GET", "/forgot_password", "")
	if page.status != 200 || !strings.Contains(page.body, askForm) || !strings.Contains(page.body, `autocomplete="username"`) {
		t.Errorf("%d:\n%s", page.status, page.body)
	}
	first := s.send("POST", "/forgot_password", ask("nobody"), formType)
	if first.status != 200 || !strings.Contains(first.body, asked) {
		t.Errorf("%d:\n%s", first.status, first.body)
	}
	for account, mailed := range map[string]bool{
		"ann": true, " Ann ": true, "ann@example.com": true, "ANN@example.com\t": true,
		"ben": false, "ben@example.com": false, "nobody@example.com": false, "../x": false, "a@b@c": false,
		"<script>": false, strings.Repeat("a", 256): false,
	} {
		a := s.send("POST", "/forgot_password", ask(account), formType)
		if a.status != first.status || a.body != first.body {
			t.Errorf("%q: another answer, %d:\n%s", account, a.status, a.body)
		}
		sent := s.box.drain()
		if (len(sent) == 1) != mailed || mailed && (sent[0].To != "ann@example.com" || !mailedLink.MatchString(sent[0].Text)) {
			t.Errorf("%q: mailed %v", account, sent)
		}
	}
}

func TestForgotPasswordPageShowsWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for name, c := range map[string]struct {
		body, header string
		status       int
		shows        string
	}{
		"nothing":      {"", formType, 400, "Type your username or your e-mail address."},
		"spaces":       {ask(" \t"), formType, 400, `aria-invalid="true"`},
		"NUL":          {ask("ann\x00"), formType, 400, "The form could not be read."},
		"broken UTF-8": {ask("ann\xff"), formType, 400, "The form could not be read."},
		"JSON":         {`{"account":"ann"}`, "Content-Type: application/json", 415, "Send the header Content-Type: application/x-www-form-urlencoded"},
		"over 16 KiB":  {ask(strings.Repeat("x", 17000)), formType, 413, "The body must have at most 16 KiB."},
	} {
		a := s.send("POST", "/forgot_password", c.body, c.header)
		if a.status != c.status || !strings.Contains(a.body, c.shows) || !strings.Contains(a.body, askForm) || !strings.Contains(a.body, "<title>Error: ") {
			t.Errorf("%s: %d:\n%s", name, a.status, a.body)
		}
	}
	if sent := s.box.drain(); len(sent) > 0 {
		t.Errorf("mailed %v", sent)
	}
	bug := send(t, routes(failingDB{s.db, func() error { panic("a bug") }}, s.box, false), "POST", "/forgot_password", ask("ann"), formType)
	if bug.status != 500 || !strings.Contains(bug.body, "Something went wrong on our side.") {
		t.Errorf("a bug: %d:\n%s", bug.status, bug.body)
	}
	s.db.Close()
	if a := s.send("POST", "/forgot_password", ask("ann"), formType); a.status != 503 || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, askForm) {
		t.Errorf("an outage: %d:\n%s", a.status, a.body)
	}
}

// The pages share the budgets of the calls that they stand for.
func TestPagesAreLimited(t *testing.T) {
	t.Parallel()
	s := newService(t)
	limits := generousLimits
	limits.Reset, limits.Forget = ratelimit.Rate{Limit: 2, Window: time.Hour}, ratelimit.Rate{Limit: 2, Window: time.Hour}
	h := routesWithLimits(s.db, s.box, false, limits)
	for i, want := range []int{200, 200, 429} {
		if a := send(t, h, "GET", "/reset_password?token="+strings.Repeat("A", 43), ""); a.status != want {
			t.Errorf("opening %d: %d", i, a.status)
		}
		if a := send(t, h, "POST", "/forgot_password", ask("nobody"), formType); a.status != want {
			t.Errorf("asking %d: %d", i, a.status)
		}
	}
	a := send(t, h, "POST", "/api/user/forget_password", `{"username":"nobody"}`)
	if a.status != 429 || !strings.Contains(a.body, string(fault.TooMany)) {
		t.Errorf("the call has another budget: %d %s", a.status, a.body)
	}
}

// W3C, A Well-Known URL for Changing Passwords.
func TestChangePasswordIsWellKnown(t *testing.T) {
	t.Parallel()
	s := newService(t)
	a := s.send("GET", "/.well-known/change-password", "")
	if a.status != 302 || a.header.Get("Location") != "../forgot_password" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d, %v", a.status, a.header)
	}
	// §4.2: managers look whether a URL that cannot exist is answered with 200.
	if a := s.send("GET", "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200", ""); a.status != 404 {
		t.Errorf("a page that does not exist: %d", a.status)
	}
}
