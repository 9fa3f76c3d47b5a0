package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"roster/localdev/browsertest"
)

func TestPageRemembersRequestsAndComplaints(t *testing.T) {
	t.Parallel()
	server := serve(t, `<title>A page</title><img src="data:,"><img src="/missing.png"><script>console.error("not", 1); throw new Error("broken")</script>`)
	p := browsertest.Open(t)
	p.Do(chromedp.Navigate(server.URL))

	if got := browsertest.Get(p, chromedp.Title()); got != "A page" {
		t.Errorf("title %q", got)
	}
	want := []string{server.URL + "/", server.URL + "/missing.png"}
	if diff := cmp.Diff(want, p.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	for _, part := range []string{`error: "not" 1`, "Error: broken", "network: Failed to load resource: the server responded with a status of 404"} {
		if !slices.ContainsFunc(p.ConsoleErrors(), func(c string) bool { return strings.Contains(c, part) }) {
			t.Errorf("no complaint has %q: %q", part, p.ConsoleErrors())
		}
	}
}

func TestPageResolvesNoName(t *testing.T) {
	t.Parallel()
	server := serve(t, `<img src="http://roster.example/spy.png">`)
	p := browsertest.Open(t)
	p.Do(chromedp.Navigate(server.URL))

	if got := p.Requests(); len(got) != 2 || got[1] != "http://roster.example/spy.png" {
		t.Errorf("a request to another origin is not remembered: %q", got)
	}
	if got := p.ConsoleErrors(); len(got) != 1 || !strings.Contains(got[0], "ERR_NAME_NOT_RESOLVED") {
		t.Errorf("complaints %q, want the name not resolved", got)
	}
}

func TestPageOfAGoodPageHasNoComplaints(t *testing.T) {
	t.Parallel()
	server := serve(t, `<!doctype html><link rel="icon" href="data:,"><p>Hello`)
	p := browsertest.Open(t)
	p.Do(chromedp.Navigate(server.URL))
	if got := p.ConsoleErrors(); got != nil {
		t.Errorf("complaints %q", got)
	}
}

func serve(t *testing.T, body string) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<link rel="icon" href="data:,">`+body)
	}))
	t.Cleanup(server.Close)
	return server
}

// A machine without a browser is played by a name that no program has.
func TestOpenWithoutABrowser(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, env string
		fails     bool
	}{
		{"skips with a word why", "CI=", false},
		{"fails in CI", "CI=true", true},
		{"fails where a browser is required", "ROSTER_REQUIRE_BROWSER=1", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPageOfAGoodPageHasNoComplaints$", "-test.v")
			again.Env = append(os.Environ(), "CI=", "ROSTER_REQUIRE_BROWSER=", "ROSTER_BROWSER=roster-no-such-browser", tc.env)
			out, err := again.CombinedOutput()
			if (err != nil) != tc.fails {
				t.Errorf("%v\n%s", err, out)
			}
			if !strings.Contains(string(out), "NO BROWSER, SO THIS IS NOT TESTED") {
				t.Errorf("it does not say what is missing:\n%s", out)
			}
		})
	}
}
