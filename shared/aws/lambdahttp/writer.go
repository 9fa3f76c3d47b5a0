package lambdahttp

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// writer holds an answer until the handler returns. It has the rules of
// http.ResponseWriter: the first status counts, and headers that are set later
// are ignored. Lambda has no informational answers (1xx), so they are dropped.
type writer struct {
	header http.Header // the handler changes it
	sent   http.Header // a copy, made by WriteHeader
	status int         // 0 before WriteHeader
	body   bytes.Buffer
}

func newWriter() *writer { return &writer{header: http.Header{}} }

func (w *writer) Header() http.Header { return w.header }

// WriteHeader panics if the gateway would not pass the status on, as net/http
// panics if it cannot write one.
func (w *writer) WriteHeader(status int) {
	if status < 100 || status > 599 {
		panic(fmt.Sprintf("lambdahttp: WriteHeader called with status %d, which is not in 100..599", status))
	}
	if w.status != 0 || status < 200 {
		return
	}
	w.status, w.sent = status, w.header.Clone()
}

func (w *writer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if !allowsBody(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	return w.body.Write(b)
}

func (w *writer) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// send passes the answer to the adapter, which turns it into a response event.
func (w *writer) send(to http.ResponseWriter, method string) {
	w.WriteHeader(http.StatusOK)
	w.normalizeHeaders()
	h := to.Header()
	for name, values := range w.sent {
		h[name] = values
	}
	to.WriteHeader(w.status)
	if method == http.MethodHead || w.body.Len() == 0 {
		return
	}
	_, _ = to.Write(w.body.Bytes()) // to a buffer, so it cannot fail
	if _, ok := w.sent["Content-Type"]; !ok {
		h.Del("Content-Type") // the adapter guesses one even where net/http does not
	}
}

// normalizeHeaders changes the headers as http.Server does before it writes
// them. It removes Content-Length, because only the gateway knows the length of
// what it sends.
func (w *writer) normalizeHeaders() {
	_, hasType := w.sent["Content-Type"] // a handler sets it to nil to have none
	for name, values := range w.sent {
		if !isToken(name) || len(values) == 0 {
			delete(w.sent, name)
			continue
		}
		for i, v := range values {
			values[i] = newlinesToSpaces.Replace(v)
		}
	}
	for _, name := range []string{"Content-Length", "Connection", "Transfer-Encoding", "Trailer"} {
		w.sent.Del(name)
	}
	switch {
	case w.status == http.StatusNotModified:
		w.sent.Del("Content-Type")
	case !hasType && w.body.Len() > 0 && w.sent.Get("Content-Encoding") == "":
		w.sent.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
}

var newlinesToSpaces = strings.NewReplacer("\n", " ", "\r", " ")

func allowsBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
