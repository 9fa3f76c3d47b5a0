package docspage_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"roster/localdev/browsertest"
)

// The page follows the system's dark mode, fits a phone, keeps the boxes of words in
// code type apart, and fills no made-up header in.
func TestPageInBothModesAndOnAPhone(t *testing.T) {
	t.Parallel()
	p, origin, _ := openPage(t, "")
	for _, mode := range []string{"light", "dark"} {
		for width, device := range map[int64]string{1280: "desktop", 375: "phone"} {
			p.Do(
				chromedp.EmulateViewport(width, 900),
				colourScheme(mode),
			)
			p.Screenshot(mode + "-" + device)
			if over := browsertest.Get(p, chromedp.Evaluate[int](`document.documentElement.scrollWidth - innerWidth`)); over > 0 {
				t.Errorf("%s, %s: the page is %d pixels too wide", mode, device, over)
			}
			if n := browsertest.Get(p, chromedp.Evaluate[int](overlaps)); n > 0 {
				t.Errorf("%s, %s: %d boxes of words reach into another line", mode, device, n)
			}
		}
		dark := browsertest.Get(p, chromedp.Evaluate[bool](`(() => {
			const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
			return r + g + b < 3 * 64 && getComputedStyle(document.querySelector('.swagger-ui')).filter.includes('invert');
		})()`))
		if dark != (mode == "dark") {
			t.Errorf("%s: dark is %v", mode, dark)
		}
	}
	p.Do(
		chromedp.EmulateViewport(1280, 900),
		chromedp.Click(chromedp.CSS("#operations-access-login .opblock-summary-control")),
		chromedp.Click(chromedp.CSS("#operations-access-login .try-out__btn")),
		chromedp.WaitVisible(chromedp.CSS("#operations-access-login .parameters input")),
	)
	if got := browsertest.Get(p, chromedp.Evaluate[string](`document.querySelector('#operations-access-login .parameters input').value`)); got != "" {
		t.Errorf("Device-Token is filled in with %q", got)
	}
	checkConsoleAndOrigins(t, p, origin)
}

// colourScheme sets the system's preference.
func colourScheme(mode string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: mode}},
		})
		return err
	})
}

// overlaps counts the boxes of words in code type that touch one in another line.
const overlaps = `(() => {
	let n = 0;
	for (const p of document.querySelectorAll('.renderedMarkdown p')) {
		const boxes = Array.from(p.querySelectorAll('code')).flatMap(c => Array.from(c.getClientRects()));
		for (const a of boxes) for (const b of boxes)
			if (a.top < b.top && a.top + a.height / 2 < b.top && a.bottom > b.top) n++;
	}
	return n;
})()`
