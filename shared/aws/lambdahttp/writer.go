package lambdahttp

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// writer holds an answer until the handler returns. Its rules are those of
// http.ResponseWriter: the first status counts, and headers set after it do
// not. Informational answers (1xx) cannot pass Lambda and are dropped.
type writer struct {
	header http.Header // the handler's
	sent   http.Header // a copy from the moment of WriteHeader
	status int         // 0 until then
	body   bytes.Buffer
}

func newWriter() *writer { return &writer{header: http.Header{}} }

func (w *writer) Header() http.Header { return w.header }

// WriteHeader panics on a status that no gateway would pass on, as net/http
// does on one that it cannot write.
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
	if !mayHaveBody(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	return w.body.Write(b)
}

func (w *writer) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// send passes the answer to the adapter, which makes an event of it.
func (w *writer) send(to http.ResponseWriter, method string) {
	w.WriteHeader(http.StatusOK)
	w.tidy()
	h := to.Header()
	for name, values := range w.sent {
		h[name] = values
	}
	to.WriteHeader(w.status)
	if method == http.MethodHead || w.body.Len() == 0 {
		return
	}
	_, _ = to.Write(w.body.Bytes()) // a buffer in the adapter, which takes all
	if _, ok := w.sent["Content-Type"]; !ok {
		h.Del("Content-Type") // the adapter's guess, made where net/http makes none
	}
}

// tidy does to the headers what http.Server does before it writes them. The
// length is left to the gateway, the only one who knows it.
func (w *writer) tidy() {
	_, typed := w.sent["Content-Type"] // also when set to nil: the way to ask for none
	for name, values := range w.sent {
		if !isToken(name) || len(values) == 0 {
			delete(w.sent, name)
			continue
		}
		for i, v := range values {
			values[i] = oneLine.Replace(v)
		}
	}
	for _, name := range []string{"Content-Length", "Connection", "Transfer-Encoding", "Trailer"} {
		w.sent.Del(name)
	}
	switch {
	case w.status == http.StatusNotModified:
		w.sent.Del("Content-Type")
	case !typed && w.body.Len() > 0 && w.sent.Get("Content-Encoding") == "":
		w.sent.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
}

var oneLine = strings.NewReplacer("\n", " ", "\r", " ")

func mayHaveBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
