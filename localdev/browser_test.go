package main

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"roster/localdev/browsertest"
)

// A person forgets the password: the mailbox, the mailed link, the form with a
// mistake, the form without. The console has nothing to say, so the security
// policies are in nobody's way.
func TestResetInABrowser(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, nil)
	c := apiClient{t: t, url: s.url}
	c.register("ann", http.StatusCreated)
	c.call("POST", "/api/user/forget_password", `{"username":"ann","email":"ann@example.com"}`, http.StatusOK)

	p := browsertest.Open(t)
	p.Do(
		chromedp.Navigate(s.url+"/_mail"),
		chromedp.WaitVisible(chromedp.CSS("article a")),
		chromedp.Click(chromedp.CSS("details summary")),
		chromedp.WaitVisible(chromedp.CSS("iframe")),
	)
	p.Screenshot("mailbox")
	p.Do(
		chromedp.Click(chromedp.CSS("article pre a")),
		chromedp.WaitVisible(chromedp.CSS("#new_password")),
	)
	p.Screenshot("form")

	submitPasswords(p, "password1234", "password1235")
	p.Do(chromedp.WaitVisible(chromedp.CSS("[role=alert]")))
	p.Screenshot("mistake")
	wantText(t, p, "[role=alert]", "The two passwords are not the same.")

	submitPasswords(p, "new_password123", "new_password123")
	p.Do(chromedp.WaitNotPresent(chromedp.CSS("form")))
	p.Screenshot("done")
	wantText(t, p, "h1", "Your password has been changed")
	c.call("POST", "/api/user/login", `{"username":"ann","password":"new_password123"}`, http.StatusOK)

	p.Do(chromedp.Navigate(s.url+"/reset_password"), chromedp.WaitVisible(chromedp.CSS("h1")))
	p.Screenshot("dead")
	wantText(t, p, "h1", "This link does not work")
	quiet(t, p, s.url, "400 (Bad Request) "+s.url+"/reset_password")
}

func submitPasswords(p *browsertest.Page, first, second string) {
	p.Do(
		chromedp.SendKeys(chromedp.CSS("#new_password"), first),
		chromedp.SendKeys(chromedp.CSS("#repeat_password"), second),
		chromedp.Click(chromedp.CSS("button")),
	)
}

func wantText(t *testing.T, p *browsertest.Page, selector, want string) {
	t.Helper()
	if got := browsertest.Get(p, chromedp.Text(chromedp.CSS(selector))); strings.TrimSpace(got) != want {
		t.Errorf("%s shows %q, want %q", selector, got, want)
	}
}

// quiet checks that the console complains of nothing but what is expected, and
// that each request went to the origin.
func quiet(t *testing.T, p *browsertest.Page, origin string, expected ...string) {
	t.Helper()
	for _, complaint := range p.ConsoleErrors() {
		if !slices.ContainsFunc(expected, func(e string) bool { return strings.HasSuffix(complaint, "status of "+e) }) {
			t.Errorf("the console has %q", complaint)
		}
	}
	for _, url := range p.Requests() {
		if !strings.HasPrefix(url, origin+"/") {
			t.Errorf("a request went to another origin: %s", url)
		}
	}
}

var shownToken = regexp.MustCompile(`"access_token": "([^"]+)"`)

// The documentation's own instructions: register, log in, authorize, try.
func TestDocumentationInABrowser(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, nil)
	p := browsertest.Open(t)
	p.Do(chromedp.Navigate(s.url+"/"), chromedp.WaitVisible(chromedp.CSS(".opblock-summary")))
	wantAnswer(t, p, "access-register", "User registered successfully.")
	shown := wantAnswer(t, p, "access-login", "access_token")
	token := shownToken.FindStringSubmatch(shown)
	if token == nil {
		t.Fatalf("no token in %q", shown)
	}
	p.Do(
		chromedp.Click(chromedp.CSS(".auth-wrapper .btn.authorize")),
		chromedp.SendKeys(chromedp.CSS(".auth-container input"), token[1]),
		chromedp.Click(chromedp.CSS(".auth-btn-wrapper .authorize")),
		chromedp.Click(chromedp.CSS(".auth-btn-wrapper .btn-done")),
	)
	wantAnswer(t, p, "users-get_user", `"username": "user1"`)
	p.Screenshot("documentation")
	quiet(t, p, s.url)
}

// wantAnswer tries an operation out with its example.
func wantAnswer(t *testing.T, p *browsertest.Page, operation, want string) (shown string) {
	t.Helper()
	in := func(selector string) chromedp.CSS { return chromedp.CSS("#operations-" + operation + " " + selector) }
	p.Do(
		chromedp.Click(in(".opblock-summary-control")),
		chromedp.Click(in(".try-out__btn")),
		chromedp.Click(in(".execute")),
		chromedp.WaitVisible(in(".live-responses-table tbody .response-col_description")),
	)
	shown = browsertest.Get(p, chromedp.Text(in(".live-responses-table tbody .response-col_description")))
	if !strings.Contains(shown, want) {
		t.Errorf("%s shows %q, want %q in it", operation, shown, want)
	}
	return shown
}
