package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The lines of README.md's "Try it", typed in their order, are answered as it
// says.
func TestReadmeIsAnsweredAsPrinted(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(readme), "\n## Try it\n")
	text, _, _ = strings.Cut(text, "\n## ")
	text = strings.ReplaceAll(text, "\\\n      ", "")
	s := newSite(t, inThisProcess, nil)
	variables, answered, calls := map[string]string{}, "", 0
	for line := range strings.Lines(text) {
		line, shown := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		name, _, set := strings.Cut(line, "=")
		switch {
		case !shown:
		case strings.HasPrefix(line, "curl "):
			answered = typed(t, s.url, line, variables)
			calls++
		case strings.HasPrefix(line, "# "):
			if !printed(line[2:]).MatchString(answered) {
				t.Errorf("README.md prints %s\nthe answer is %s", line, answered)
			}
		case set:
			m := answeredToken.FindStringSubmatch(answered)
			if m == nil {
				t.Fatalf("README.md sets %s, and the answer before has no token: %s", name, answered)
			}
			variables["$"+name] = m[1]
		}
	}
	if calls != 9 {
		t.Errorf("README.md has %d calls, want 9", calls)
	}
}

var (
	answeredToken = regexp.MustCompile(`"(?:access_)?token":"([^"]+)"`)
	curlURL       = regexp.MustCompile(`http://127\.0\.0\.1:3000(\S*)`)
	curlHeader    = regexp.MustCompile(`-H ["']([^:]+): ([^"']+)["']`)
	curlBody      = regexp.MustCompile(`-d '(.*)'$`)
	curlMethod    = regexp.MustCompile(`-X (\S+)`)
)

// typed does what curl does with such a line, and returns the answer.
func typed(t *testing.T, url, line string, variables map[string]string) string {
	t.Helper()
	for name, value := range variables {
		line = strings.NewReplacer("'"+name+"'", value, name, value).Replace(line)
	}
	method, body := http.MethodGet, ""
	if m := curlBody.FindStringSubmatch(line); m != nil {
		method, body = http.MethodPost, m[1]
	}
	if m := curlMethod.FindStringSubmatch(line); m != nil {
		method = m[1]
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url+curlURL.FindStringSubmatch(line)[1], strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range curlHeader.FindAllStringSubmatch(line, -1) {
		req.Header.Set(h[1], h[2])
	}
	resp, err := client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// printed matches what a line of README.md stands for: … is anything, and what
// follows the answer in brackets is for the reader.
func printed(line string) *regexp.Regexp {
	line, _, _ = strings.Cut(line, "       (")
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".+") + "$")
}
