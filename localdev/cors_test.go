package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"roster/localdev/browsertest"
)

// application serves examples/browser/roster.js and a page whose script uses it,
// from an origin of its own. The script's outcome is the text of #done.
func application(t *testing.T, script string) (origin string) {
	t.Helper()
	client, err := os.ReadFile("../examples/browser/roster.js")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /roster.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(client)
	})
	mux.HandleFunc("GET /favicon.ico", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>app</title><script type="module">
import { Roster } from './roster.js';
let text;
try { text = await (async () => {` + script + `})(); } catch (e) { text = 'failed: ' + e.message; }
document.body.insertAdjacentHTML('beforeend', '<p id="done"></p>');
document.querySelector('#done').textContent = text;
</script><body><p>app</p></body>`))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func outcome(t *testing.T, p *browsertest.Page, origin string) string {
	t.Helper()
	p.Do(chromedp.Navigate(origin+"/"), chromedp.WaitVisible(chromedp.CSS("#done")))
	return browsertest.Get(p, chromedp.Text(chromedp.CSS("#done")))
}

// An application of another origin logs in with the client of the examples,
// refreshes by itself after a reload, also in several calls at once, and logs out.
func TestABrowserApplicationOfAnotherOrigin(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, nil)
	apiClient{t: t, url: s.url}.register("ann", http.StatusCreated)
	origin := application(t, `
	const roster = new Roster('`+s.url+`');
	const name = async r => (await (await r.fetch('/api/user/me')).json()).username;
	if (sessionStorage.round !== '2') {
		sessionStorage.round = '2';
		await roster.login('ann', 'password123');
		return 'logged in as ' + await name(roster);
	}
	const before = localStorage.getItem('roster.refresh_token');
	const names = await Promise.all([1, 2, 3, 4].map(() => name(roster)));
	const after = localStorage.getItem('roster.refresh_token');
	const second = new Roster('`+s.url+`'); // as another tab
	names.push(await name(second));
	await second.logout();
	let ended = '';
	try { await name(second); } catch (e) { ended = e.message; }
	const answer = await fetch('`+s.url+`/api/user/me');
	return [names.join(), before !== after, second.isLoggedIn, ended, answer.status, answer.headers.get('WWW-Authenticate') !== null].join(' ');`)
	p := browsertest.Open(t)
	if got := outcome(t, p, origin); got != "logged in as ann" {
		t.Fatal(got, p.ConsoleErrors())
	}
	if got, want := outcome(t, p, origin), "ann,ann,ann,ann,ann true false not logged in 401 true"; got != want {
		t.Errorf("after a reload: %q, want %q; %q", got, want, p.ConsoleErrors())
	}
}

// A mistyped password ends no session, and a logout without a network forgets it.
func TestABrowserApplicationKeepsItsSessionUntilItsLogout(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, nil)
	apiClient{t: t, url: s.url}.register("ann", http.StatusCreated)
	origin := application(t, `
	const roster = new Roster('`+s.url+`');
	await roster.login('ann', 'password123');
	try { await roster.login('ann', 'another password'); } catch {}
	const kept = roster.isLoggedIn;
	window.fetch = () => Promise.reject(new Error('no network'));
	let failed = '';
	try { await roster.logout(); } catch (e) { failed = e.message; }
	return [kept, failed, roster.isLoggedIn].join(' ');`)
	p := browsertest.Open(t)
	if got, want := outcome(t, p, origin), "true no network false"; got != want {
		t.Errorf("%q, want %q; %q", got, want, p.ConsoleErrors())
	}
}

// The browser keeps an answer from a page whose origin is not allowed.
func TestABrowserRefusesAnotherOriginThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, map[string]string{"CORS_ORIGINS": "https://app.example.com"})
	origin := application(t, `return (await fetch('`+s.url+`/healthz')).status;`)
	if got := outcome(t, browsertest.Open(t), origin); !strings.HasPrefix(got, "failed: ") {
		t.Errorf("it read %q", got)
	}
}

// Preflights of the methods and headers that the template names, in both ways to
// run the functions, and none for localdev's own pages.
func TestPreflightsAreTheTemplates(t *testing.T) {
	t.Parallel()
	s := newTestServer(t, inThisProcess, nil)
	for path, want := range map[string]string{
		"/api/user/me": "GET,HEAD,POST,PUT,PATCH,DELETE authorization,content-type,device-token 600 http://localhost:5173",
		"/_mail":       "   ",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "http://localhost:5173")
		r.Header.Set("Access-Control-Request-Method", "PUT")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		h := resp.Header
		got := strings.Join([]string{h.Get("Access-Control-Allow-Methods"), h.Get("Access-Control-Allow-Headers"), h.Get("Access-Control-Max-Age"), h.Get("Access-Control-Allow-Origin")}, " ")
		if got != want || (resp.StatusCode == http.StatusNoContent) != (path == "/api/user/me") {
			t.Errorf("%s: %d %q, want %q", path, resp.StatusCode, got, want)
		}
	}
}

func TestCorsOriginsAreChecked(t *testing.T) {
	t.Parallel()
	for value, good := range map[string]bool{
		"": true, "http://localhost:*": true, "https://a.example.com, http://localhost:5173": true,
		"*": false, "https://*.example.com": false, "https://a.example.com/": false, "a.example.com": false, "https://*": false,
	} {
		if _, err := corsOrigins(map[string]string{"CORS_ORIGINS": value}); (err == nil) != good {
			t.Errorf("%q: %v", value, err)
		}
	}
}
