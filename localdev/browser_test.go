package main

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"roster/localdev/browsertest"
)

// A person forgets the password: the mailbox, the mailed link, the form with a
// mistake, the form without. The console has nothing to say, so the security
// policies are in nobody's way.
func TestResetInABrowser(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, map[string]string{"RETURN_URL": "http://localhost:5173/login"})
	c := apiClient{t: t, url: s.url}
	c.register("ann", http.StatusCreated)
	c.call("POST", "/api/user/forget_password", `{"username":"ann","email":"ann@example.com"}`, http.StatusOK)

	p := browsertest.Open(t)
	p.Do(chromedp.Navigate(s.url+"/_mail"), chromedp.Click(chromedp.CSS("nav li:first-child a")), chromedp.WaitVisible(chromedp.CSS("iframe")))
	pictures(t, p, "mailbox")
	pressTheMailsButton(t, p)
	pictures(t, p, "form")
	wantText(t, p, "main strong", "ann")
	showPasswords(t, p)

	submitPasswords(p, "password1234", "password1235")
	p.Do(chromedp.WaitVisible(chromedp.CSS("#repeat_problem")))
	pictures(t, p, "mistake")
	wantText(t, p, "#repeat_problem", "The two passwords are not the same.")
	wantFocus(t, p, "repeat_password")

	submitPasswords(p, "ann@example.com", "ann@example.com")
	p.Do(chromedp.WaitVisible(chromedp.CSS("#problem")))
	wantFocus(t, p, "new_password")

	submitPasswords(p, "new_password123", "new_password123")
	p.Do(chromedp.WaitVisible(chromedp.CSS("a.button")))
	pictures(t, p, "done")
	wantText(t, p, "h1", "Your password has been changed")
	wantText(t, p, "a.button", "Back to Example App")
	c.call("POST", "/api/user/login", `{"username":"ann","password":"new_password123"}`, http.StatusOK)
	quiet(t, p, s.url, "400 (Bad Request) "+s.url+"/reset_password")
}

// A link that was used says so at once, and asks for a new one there.
func TestADeadLinkInABrowser(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, nil)
	c := apiClient{t: t, url: s.url}
	c.register("ann", http.StatusCreated)
	p := browsertest.Open(t)
	p.Do(chromedp.Navigate(s.url+"/reset_password?token="+strings.Repeat("A", 43)), chromedp.WaitVisible(chromedp.CSS("h1")))
	pictures(t, p, "dead")
	wantText(t, p, "h1", "This link does not work")
	wantFocus(t, p, "account")
	p.Do(
		chromedp.SendKeys(chromedp.CSS("#account"), "ann@example.com "),
		chromedp.Click(chromedp.CSS("button")),
		chromedp.WaitNotPresent(chromedp.CSS("form")),
	)
	pictures(t, p, "asked")
	p.Do(chromedp.Navigate(s.url+"/_mail"), chromedp.Click(chromedp.CSS("nav li:first-child a")), chromedp.WaitVisible(chromedp.CSS("iframe")))
	pressTheMailsButton(t, p)
	p.Do(chromedp.Navigate(s.url+"/.well-known/change-password"), chromedp.WaitVisible(chromedp.CSS("#account")))
	pictures(t, p, "ask")
	quiet(t, p, s.url)
}

// pressTheMailsButton presses the button in the HTML of the mail, in its frame, as
// a person without a mouse does: the first link there.
func pressTheMailsButton(t *testing.T, p *browsertest.Page) {
	t.Helper()
	// The page is complete when its frame is. Before that, Tab passes the frame by.
	const complete = `(document.readyState === 'complete' ? Promise.resolve() : new Promise(done => addEventListener('load', done)))
		.then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))`
	browsertest.Get(p, chromedp.Evaluate[bool](complete, chromedp.EvalAwaitPromise))
	// A link before the frame has the focus, then Tab goes through the page into it.
	p.Do(
		chromedp.Focus(chromedp.CSS("main a.button")),
		chromedp.KeyEvent(kb.Tab), // the frame
		chromedp.KeyEvent(kb.Tab), // its first link
		chromedp.KeyEvent(kb.Enter),
		chromedp.WaitVisible(chromedp.CSS("#new_password")),
	)
}

// pictures takes the page in light and dark, on a desktop and on a phone, and
// checks that nothing is wider than the window.
func pictures(t *testing.T, p *browsertest.Page, name string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 390} {
			p.Do(browsertest.ColorScheme(scheme), chromedp.EmulateViewport(width, 800))
			p.Screenshot(fmt.Sprintf("%s-%d-%s", name, width, scheme))
			if widest := browsertest.Get(p, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); widest > width {
				t.Errorf("%s is %d pixels wide in a window of %d", name, widest, width)
			}
		}
	}
	p.Do(browsertest.ColorScheme(""), chromedp.ResetViewport())
}

// showPasswords presses the button that shows both passwords, and again.
func showPasswords(t *testing.T, p *browsertest.Page) {
	t.Helper()
	const types = `[...document.querySelectorAll("input:not(.unseen):not([type=hidden])")].map(i => i.type).join()`
	for _, want := range []string{"text,text", "password,password"} {
		p.Do(chromedp.Click(chromedp.CSS("[data-shows]")))
		if got := browsertest.Get(p, chromedp.Evaluate[string](types)); got != want {
			t.Errorf("the fields are %s, want %s", got, want)
		}
	}
}

func wantFocus(t *testing.T, p *browsertest.Page, id string) {
	t.Helper()
	if got := browsertest.Get(p, chromedp.Evaluate[string]("document.activeElement.id")); got != id {
		t.Errorf("%q has the focus, want %q", got, id)
	}
}

func submitPasswords(p *browsertest.Page, first, second string) {
	p.Do(
		chromedp.SendKeys(chromedp.CSS("#new_password"), first),
		chromedp.SendKeys(chromedp.CSS("#repeat_password"), second),
		chromedp.Click(chromedp.CSS("form > button")),
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
