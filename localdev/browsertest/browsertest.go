// Package browsertest opens pages in a real browser. It is for tests that depend on
// what a browser does with a page: whether the page works under its
// Content-Security-Policy, whether a form can be filled in, and where the requests
// go.
//
//	p := browsertest.Open(t)
//	p.Do(chromedp.Navigate(url))
//
// It refuses to be a framework. A Page has its own browser, runs chromedp's
// actions, and records requests and console errors. The browser resolves no host
// name, so no test reaches the Internet by accident.
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

// timeout limits one Do or Get. It is long because test machines are often busy.
const timeout = time.Minute

// Page is a tab in a browser of its own.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu            sync.Mutex
	requests      []string
	consoleErrors []string
}

// Open starts a browser with one empty tab, which closes when the test ends.
// Without a browser on the machine the test is skipped; with CI=true or
// ROSTER_REQUIRE_BROWSER=1 it fails instead.
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

// Do runs the actions in order and ends the test when one fails.
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

// Requests returns the URLs that the page has requested so far, in order. A data:
// URL is not a request.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// ConsoleErrors returns the errors and warnings of the console so far: failed
// scripts, files that did not load, and violations of the Content-Security-Policy.
func (p *Page) ConsoleErrors() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.consoleErrors)
}

// Screenshot saves a picture of the whole page in the test's artifact directory
// (go help testflag, -artifacts).
func (p *Page) Screenshot(name string) {
	p.t.Helper()
	png := Get(p, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(p.t.ArtifactDir(), name+".png"), png, 0o600); err != nil {
		p.t.Fatalf("keep a screenshot: %v", err)
	}
}
