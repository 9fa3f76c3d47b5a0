package docspage_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"roster/localdev/browsertest"
)

// apiRequest is a request that the page sent to the API.
type apiRequest struct{ Method, Path, Authorization, ContentType, Body string }

// openPage opens the documentation in a browser, from a server that has an API,
// too. The channel gets each request to the API.
func openPage(t *testing.T, query string) (page *browsertest.Page, origin string, api <-chan apiRequest) {
	t.Helper()
	requests := make(chan apiRequest, 10)
	mux := http.NewServeMux()
	mux.Handle("/", documentation)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- apiRequest{r.Method, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(body)}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"msg":"Answered by the test."}`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	page = browsertest.Open(t)
	page.Do(chromedp.Navigate(server.URL+"/"+query), chromedp.WaitVisible(chromedp.CSS(".opblock-summary")))
	return page, server.URL, requests
}

// checkConsoleAndOrigins fails the test if the browser's console has a message,
// such as that the security policy has blocked something, or if a request went to
// another origin.
func checkConsoleAndOrigins(t *testing.T, p *browsertest.Page, origin string) {
	t.Helper()
	if got := p.ConsoleErrors(); len(got) > 0 {
		t.Errorf("the console has %q", got)
	}
	for _, url := range p.Requests() {
		if !strings.HasPrefix(url, origin+"/") {
			t.Errorf("a request went to another origin: %s", url)
		}
	}
}

// The query must have no effect: a link to the page must not make it show another
// description.
func TestPageListsEveryOperation(t *testing.T) {
	t.Parallel()
	p, origin, _ := openPage(t, "?url=https://roster.example/openapi.json&configUrl=https://roster.example/config.json&spec={}")
	p.Screenshot("page")
	if diff := cmp.Diff(describedOperations(t), shownOperations(p)); diff != "" {
		t.Errorf("operations (-described +shown):\n%s", diff)
	}
	if title := browsertest.Get(p, chromedp.Text(chromedp.CSS("h2.title"))); !strings.HasPrefix(title, "Roster") {
		t.Errorf("the title is %q", title)
	}
	checkConsoleAndOrigins(t, p, origin)
}

func shownOperations(p *browsertest.Page) map[string]bool {
	const script = `Array.from(document.querySelectorAll('.opblock-summary'), e =>
		e.querySelector('.opblock-summary-method').textContent + ' ' + e.querySelector('.opblock-summary-path').dataset.path)`
	shown := map[string]bool{}
	for _, operation := range browsertest.Get(p, chromedp.Evaluate[[]string](script)) {
		shown[operation] = true
	}
	return shown
}

func describedOperations(t *testing.T) map[string]bool {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(get(t, "/openapi.json").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for path, item := range doc.Paths {
		for method := range item {
			if method != "parameters" {
				all[strings.ToUpper(method)+" "+path] = true
			}
		}
	}
	return all
}

func TestPageSendsTheExampleAndTheAccessToken(t *testing.T) {
	t.Parallel()
	p, origin, api := openPage(t, "")

	tryOut(p, "access-login")
	login := <-api
	body := login.Body
	login.Body = ""
	if diff := cmp.Diff(apiRequest{Method: "POST", Path: "/api/user/login", ContentType: "application/json"}, login); diff != "" {
		t.Errorf("login (-want +got):\n%s", diff)
	}
	if got := strings.Join(strings.Fields(body), ""); got != `{"username":"user1","password":"password123"}` {
		t.Errorf("login sent %s", got)
	}

	p.Do(
		chromedp.Click(chromedp.CSS(".auth-wrapper .btn.authorize")),
		chromedp.SendKeys(chromedp.CSS(".auth-container input"), "header.claims.signature"),
		chromedp.Click(chromedp.CSS(".auth-btn-wrapper .authorize")),
		chromedp.Click(chromedp.CSS(".auth-btn-wrapper .btn-done")),
	)
	tryOut(p, "users-get_user")
	want := apiRequest{Method: "GET", Path: "/api/user/user1", Authorization: "Bearer header.claims.signature"}
	if diff := cmp.Diff(want, <-api); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	p.Screenshot("tried")
	answer := chromedp.CSS("#operations-users-get_user .live-responses-table tbody .response-col_description")
	if got := browsertest.Get(p, chromedp.Text(answer)); !strings.Contains(got, "Answered by the test.") {
		t.Errorf("the page shows %q", got)
	}
	checkConsoleAndOrigins(t, p, origin)
}

// tryOut opens an operation, sends its example and waits for the answer.
func tryOut(p *browsertest.Page, operation string) {
	in := func(selector string) chromedp.CSS { return chromedp.CSS("#operations-" + operation + " " + selector) }
	p.Do(
		chromedp.Click(in(".opblock-summary-control")),
		chromedp.Click(in(".try-out__btn")),
		chromedp.Click(in(".execute")),
		chromedp.WaitVisible(in(".live-responses-table")),
	)
}

// If the browser did not enforce the policy, the tests above would prove little.
func TestPagePolicyIsEnforced(t *testing.T) {
	t.Parallel()
	p, _, _ := openPage(t, "")
	const inject = `(() => {
		const s = document.createElement('script'); s.textContent = 'window.injected = true'; document.body.append(s);
		const i = document.createElement('img'); i.src = 'http://roster.example/spy.png'; document.body.append(i);
		return fetch('http://roster.example/').then(() => 'sent', () => 'refused').then(r => r + ' ' + window.injected)
	})()`
	if got := browsertest.Get(p, chromedp.Evaluate[string](inject, chromedp.EvalAwaitPromise)); got != "refused undefined" {
		t.Errorf("a request and a script were %s, want them refused", got)
	}
	if got := strings.Join(p.ConsoleErrors(), "\n"); !strings.Contains(got, "Content Security Policy") {
		t.Errorf("the browser says nothing of the policy: %s", got)
	}
}
