package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"roster/shared/api/apitest"
)

// A transcript is a journey through the service, as a text file in testdata:
//
//	Ann logs in, and reads her account.
//
//	> POST /api/user/login
//	> {"username":"ann","password":"password123"}
//	< 200
//	< {"access_token":"$token","token_type":"Bearer","expires_in":600,"refresh_token":"$_","device_token":"$_"}
//
//	> GET /api/user/ann
//	> Authorization: Bearer $token
//	< 200
//	< Cache-Control: no-store
//	<~ "role":"USER"
//
// Lines with > are sent: the request line, headers, then the body. Lines with <
// must come back: the status, some of the headers, then the whole body. A body
// may be broken into lines; line ends and indentation do not count. A line with
// <~ must be a part of the body. All other lines are prose.
//
// $name in what is sent stands for a value. In what comes back it takes the
// value that is there, up to a quote, comma, brace, space or tag, when the name
// is new, and must be that value when it is not; $_ is any value, $$ a dollar.
// A body that begins with { is sent as application/json.
//
// Every exchange is held against openapi.yaml, but for localdev's own paths.
type transcript struct {
	file      string
	exchanges []exchange
}

type exchange struct {
	line   int // of the request
	method string
	target string
	sent   message
	status int
	back   message
	parts  []string
}

type message struct {
	headers [][2]string
	body    []string
	begun   bool // the body has
}

func TestAnswersAreAsInTheTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		script, err := parseTranscript(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, way := range modes {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+" "+way, func(t *testing.T) {
				t.Parallel()
				script.play(t, newTestServer(t, way, nil))
			})
		}
	}
}

func parseTranscript(file string) (transcript, error) {
	script := transcript{file: file}
	text, err := os.ReadFile(file)
	if err != nil {
		return script, err
	}
	for i, line := range strings.Split(string(text), "\n") {
		if err := script.add(i+1, line); err != nil {
			return script, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
	}
	return script, nil
}

func (s *transcript) add(number int, line string) error {
	mark, rest, _ := strings.Cut(line, " ")
	last := len(s.exchanges) - 1
	switch {
	case mark == ">" && (last < 0 || s.exchanges[last].status != 0):
		method, target, found := strings.Cut(rest, " ")
		if !found {
			return errors.New("a request line has a method and a target")
		}
		s.exchanges = append(s.exchanges, exchange{line: number, method: method, target: target})
	case mark == ">":
		s.exchanges[last].sent.add(rest)
	case mark == "<" && last >= 0 && s.exchanges[last].status == 0:
		status, err := strconv.Atoi(rest)
		s.exchanges[last].status = status
		return err
	case mark == "<" && last >= 0:
		s.exchanges[last].back.add(rest)
	case mark == "<~" && last >= 0:
		s.exchanges[last].parts = append(s.exchanges[last].parts, rest)
	case mark == "<" || mark == "<~":
		return errors.New("an answer without a request")
	}
	return nil
}

var headerLine = regexp.MustCompile(`^([A-Za-z0-9-]+): ?(.*)$`)

func (m *message) add(line string) {
	h := headerLine.FindStringSubmatch(line)
	if h == nil || m.begun {
		m.begun = true
		m.body = append(m.body, line)
		return
	}
	m.headers = append(m.headers, [2]string{h[1], h[2]})
}

func (s transcript) play(t *testing.T, at testServer) {
	// What cannot be written in a text file, or would fill it.
	values := map[string]string{"url": at.url, "long": strings.Repeat("x", 16<<10), "notUTF8": "\xff"}
	c := client()
	for _, e := range s.exchanges {
		if err := e.play(t, c, at.url, values); err != nil {
			t.Fatalf("%s:%d: %s %s: %v", s.file, e.line, e.method, e.target, err)
		}
	}
}

func (e exchange) play(t *testing.T, c *http.Client, url string, values map[string]string) error {
	req, sent, err := e.request(url, values)
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	back, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(req.URL.Path, "/_") {
		apitest.Check(t, req, sent, resp, back)
	}
	if err := e.compare(resp, string(back), values); err != nil {
		return fmt.Errorf("%w\nthe answer was %d\n%v\n%.1000s", err, resp.StatusCode, resp.Header, back)
	}
	return nil
}

func (e exchange) request(url string, values map[string]string) (*http.Request, []byte, error) {
	target, err := insert(e.target, values)
	if err != nil {
		return nil, nil, err
	}
	if strings.HasPrefix(target, "/") {
		target = url + target
	}
	body, err := insert(strings.Join(e.sent.body, "\n"), values)
	if err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequest(e.method, target, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, nil, err
	}
	if strings.HasPrefix(body, "{") {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range e.sent.headers {
		value, err := insert(h[1], values)
		if err != nil {
			return nil, nil, err
		}
		req.Header.Set(h[0], value)
	}
	return req, []byte(body), nil
}

func (e exchange) compare(resp *http.Response, back string, values map[string]string) error {
	if resp.StatusCode != e.status {
		return fmt.Errorf("the status is %d, want %d", resp.StatusCode, e.status)
	}
	for _, h := range e.back.headers {
		if err := match("^"+pattern(h[1], values)+"$", resp.Header.Get(h[0]), values); err != nil {
			return fmt.Errorf("header %s: %w", h[0], err)
		}
	}
	back = oneLine(strings.Split(back, "\n"))
	if e.back.begun {
		if err := match("^"+pattern(oneLine(e.back.body), values)+"$", back, values); err != nil {
			return err
		}
	}
	for _, part := range e.parts {
		if err := match(pattern(part, values), back, values); err != nil {
			return err
		}
	}
	return nil
}

func oneLine(lines []string) string {
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "")
}

var variable = regexp.MustCompile(`\$(\$|[A-Za-z0-9_]+)`)

// insert replaces each $name by its value.
func insert(s string, values map[string]string) (out string, err error) {
	out = variable.ReplaceAllStringFunc(s, func(v string) string {
		value, known := values[v[1:]]
		if v == "$$" {
			return "$"
		}
		if !known {
			err = fmt.Errorf("%s has no value yet", v)
		}
		return value
	})
	return out, err
}

// pattern turns what is wanted into a regular expression that captures what is
// new.
func pattern(want string, values map[string]string) string {
	var b strings.Builder
	begun, taken := 0, map[string]bool{}
	for _, m := range variable.FindAllStringIndex(want, -1) {
		b.WriteString(regexp.QuoteMeta(want[begun:m[0]]))
		name := want[m[0]+1 : m[1]]
		begun = m[1]
		switch value, known := values[name]; {
		case name == "$":
			b.WriteString(`\$`)
		case known:
			b.WriteString(regexp.QuoteMeta(value))
		case name == "_" || taken[name]:
			b.WriteString(`[^",{}\s<>]+`)
		default:
			b.WriteString(`(?P<` + name + `>[^",{}\s<>]+)`)
			taken[name] = true
		}
	}
	return b.String() + regexp.QuoteMeta(want[begun:])
}

func match(pattern, got string, values map[string]string) error {
	r, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	m := r.FindStringSubmatch(got)
	if m == nil {
		return fmt.Errorf("want %s\n got %.1000q", pattern, got)
	}
	for i, name := range r.SubexpNames() {
		if name != "" {
			values[name] = m[i]
		}
	}
	return nil
}
