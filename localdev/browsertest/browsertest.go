// Package browsertest opens pages in a real browser, for tests that must know
// what a browser makes of a page: whether its security policy lets it work,
// whether a form can be filled in, and where its requests go.
//
// It refuses to be a framework: a Page has a browser of its own, runs
// chromedp's actions, and remembers what was asked for and complained about. It
// resolves no host name, so no test can reach the Internet by accident.
package browsertest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// timeout bounds one Do or Get. Machines that run tests are often busy.
const timeout = time.Minute

// Page is one tab of a browser that nobody else uses.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu         sync.Mutex
	requests   []string
	consoleErrors []string
}

// Open starts a browser with one empty tab, until the test ends. Where there is
// no browser the test is skipped; with CI=true or ROSTER_REQUIRE_BROWSER=1 it
// fails instead.
func Open(t testing.TB) *Page {
	t.Helper()
	path, err := find()
	if err != nil {
		skipOrFail(t, err)
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options(path)...)
	t.Cleanup(cancel)
	ctx, _ = chromedp.NewContext(ctx) // closed by stop
	if err := chromedp.Do(ctx); err != nil {
		skipOrFail(t, err)
	}
	t.Cleanup(func() { stop(t, ctx) })
	p := &Page{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.record); err != nil {
		t.Fatalf("listen to the browser: %v", err)
	}
	return p
}

func stop(t testing.TB, ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := chromedp.Cancel(ctx); err != nil {
		t.Errorf("close the browser: %v", err)
	}
}

// Do runs the steps one after the other and ends the test when one fails.
func (p *Page) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	Get(p, chromedp.Steps(steps...))
}

// Get runs an action and returns its value, or ends the test when it fails.
func Get[T any](p *Page, a chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, timeout)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		p.t.Fatalf("in the browser: %v\nrequests: %q\ncomplaints: %q", err, p.Requests(), p.ConsoleErrors())
	}
	return v
}

// Requests are the URLs that the page has asked for so far, in order. Data in
// the URL itself (data:) is no request.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// ConsoleErrors are the errors and warnings of the console so far: scripts that
// failed, files that did not load, and what the security policy forbade.
func (p *Page) ConsoleErrors() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.consoleErrors)
}

// Screenshot keeps a picture of the whole page among the test's artifacts: see
// go help testflag, -artifacts.
func (p *Page) Screenshot(name string) {
	p.t.Helper()
	png := Get(p, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(p.t.ArtifactDir(), name+".png"), png, 0o600); err != nil {
		p.t.Fatalf("keep a screenshot: %v", err)
	}
}
