package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// internalWords are words that no answer has any reason to hold.
var internalWords = []string{
	"SQLSTATE", "pgx", "pgconn", "pq:", "postgres", "goroutine", ".go:", "panic", "runtime error", "nil pointer", "invalid memory", "stack", "0xc0", "$argon2", "password_hash", "token_version", "reset_version",
	"ROOT_KEY", "DATABASE_URL", "/srv/", "/home/", "/root", "/tmp/", "/usr/", "/var/task", "127.0.0.1", "deadline exceeded", "unexpected EOF", "json:", "shared/", "localdev",
}

// opaqueValue is an id or a token, in which any letters may come together.
var opaqueValue = regexp.MustCompile(`[A-Za-z0-9_=-]{14,}`)

// secrets are the values that only the service may know.
func (s testServer) secrets() []string {
	var all []string
	for _, name := range []string{"ROOT_KEY", "DATABASE_URL"} {
		all = append(all, s.settings.values[name])
	}
	return append(all, adminPassword)
}

// leak returns what an answer tells that it should not.
func leak(a answer, secrets []string) string {
	const aPage = 8 << 10 // the documentation, which is long and the same for everybody
	if a.status == http.StatusOK && len(a.body) > aPage {
		return ""
	}
	// The client's own addresses, in the list of its sessions.
	text := strings.NewReplacer(`"address":"127.0.0.1"`, "", `"last_address":"127.0.0.1"`, "").Replace(a.body)
	for name, values := range a.headers {
		text += "\n" + name + ": " + strings.Join(values, " ")
	}
	for _, s := range secrets {
		if strings.Contains(text, s) {
			return s
		}
	}
	for _, word := range internalWords {
		if strings.Contains(text, word) && strings.Contains(opaqueValue.ReplaceAllString(text, ""), word) {
			return word
		}
	}
	return ""
}

// undocumented says in what an answer is none of those that openapi.yaml
// describes: the API's own, or what API Gateway (or net/http, in its place)
// answers before the API sees a request.
func undocumented(a answer) string {
	if a.status == http.StatusMisdirectedRequest && strings.HasPrefix(a.body, "This server answers only requests for this machine.") {
		return "" // localdev's own answer to another Host
	}
	body, mediaType := strings.TrimSpace(a.body), a.headers.Get("Content-Type")
	switch {
	case !documentedStatuses[a.status]:
		return fmt.Sprintf("no answer has the status %d", a.status)
	case a.status == http.StatusFound && a.headers.Get("Location") != "../forgot_password":
		return "it leads to " + a.headers.Get("Location")
	case a.status < 400 || body == "" && a.headers.Get("Content-Length") != "0": // the latter to HEAD
		return ""
	case strings.HasPrefix(mediaType, "text/plain") && strings.HasPrefix(body, fmt.Sprint(a.status)): // net/http's
		return ""
	case mediaType == "application/json" && body == fmt.Sprintf(`{"message":%q}`, http.StatusText(a.status)): // API Gateway's
		return ""
	case a.headers.Get("X-Content-Type-Options") != "nosniff" || a.headers.Get("Cache-Control") != "no-store":
		return "a header is missing"
	case strings.HasPrefix(mediaType, "text/html"): // the page for resets
		return ""
	case mediaType != "application/problem+json":
		return "the media type is " + mediaType
	}
	var p struct {
		Type, Title, Code, Msg string
		Status                 int
		RequestID              string `json:"request_id"`
		Fields                 map[string]string
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return err.Error()
	}
	if p.Type != "about:blank" || p.Title != http.StatusText(a.status) || p.Status != a.status || p.Code == "" || p.Msg == "" || p.RequestID != a.headers.Get("X-Request-Id") {
		return "the problem is not whole"
	}
	return ""
}

var documentedStatuses = map[int]bool{200: true, 201: true, 302: true, 304: true, 400: true, 401: true, 403: true, 404: true, 405: true, 409: true, 413: true, 415: true, 429: true, 431: true}

// The judges themselves: what they must see, and what they must let pass.
func TestLeaksAndTheUndocumentedAreSeen(t *testing.T) {
	t.Parallel()
	const id = "aGVsbG8gcGd4IQ=" // a request's, in which any word may stand
	headers := http.Header{"Content-Type": {"application/problem+json"}, "X-Content-Type-Options": {"nosniff"}, "Cache-Control": {"no-store"}, "X-Request-Id": {id}}
	problem := func(status int, msg string) answer {
		return answer{status, headers, fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d,"code":"x","msg":%q,"request_id":%q}`, http.StatusText(status), status, msg, id)}
	}
	good := problem(400, "The body must be UTF-8.")
	if word, why := leak(good, []string{"canary"}), undocumented(good); word != "" || why != "" {
		t.Errorf("%v: %q, %q", good, word, why)
	}
	for _, msg := range []string{
		"ERROR: relation (SQLSTATE 42P01)", "goroutine 7 [running]", "api.go:12", "open /srv/x: no such file", "runtime error: index out of range", "it was canary", "$argon2id$v=19$m=1", "pgx", "json: cannot unmarshal",
	} {
		if leak(problem(400, msg), []string{"canary"}) == "" {
			t.Errorf("%q is let out", msg)
		}
	}
	for _, a := range []answer{
		problem(500, "x"), problem(503, "x"), problem(402, "x"), problem(400, ""),
		{400, headers, "{"},
		{400, http.Header{}, "oops"},
		{404, http.Header{"Content-Type": {"application/json"}}, `{"message":"nothing"}`},
		{400, http.Header{"Content-Type": {"application/problem+json"}}, good.body},
		{401, headers, good.body},
		{400, http.Header{"Content-Type": {"text/plain"}}, "404 page not found"},
	} {
		if undocumented(a) == "" {
			t.Errorf("%v passes for documented", a)
		}
	}
}
