package browsertest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

// candidates are names and paths of browsers that are based on Chromium.
var candidates = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell", "headless_shell", "microsoft-edge",
	"/snap/bin/chromium",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	"/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
	`C:\Program Files\Google\Chrome\Application\chrome.exe`,
	`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`,
}

// find returns the browser of ROSTER_BROWSER, or else the first candidate that is
// installed.
func find() (string, error) {
	if named := os.Getenv("ROSTER_BROWSER"); named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("ROSTER_BROWSER: %w", err)
		}
		return path, nil
	}
	for _, place := range candidates {
		if path, err := exec.LookPath(place); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium, Chrome or Edge was found")
}

// skipOrFail skips the test, or fails it where a browser is required.
func skipOrFail(t testing.TB, err error) {
	t.Helper()
	text := fmt.Sprintf("NO BROWSER, SO THIS IS NOT TESTED: %s: %v. Install Chromium (apt-get install -y chromium, brew install --cask chromium) "+
		"or name a Chrome or Edge in ROSTER_BROWSER.", t.Name(), err)
	if os.Getenv("CI") == "true" || os.Getenv("ROSTER_REQUIRE_BROWSER") == "1" {
		t.Fatal(text)
	}
	fmt.Fprintln(os.Stderr, text) // go test does not show a skip without -v
	t.Skip(text)
}

// options are the browser's flags. Each browser has a new profile, makes no
// requests on its own, and resolves no host name: tests serve on 127.0.0.1.
func options(path string) []chromedp.ExecAllocatorOption {
	all := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.WindowSize(1280, 1600),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("no-proxy-server", true),
	)
	if os.Geteuid() == 0 {
		all = append(all, chromedp.NoSandbox) // Chromium's sandbox does not work for root
	}
	return all
}
