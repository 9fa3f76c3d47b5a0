package lambdahttp

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
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

// response returns the answer as the gateway reads it: one value for each header,
// cookies apart, and a body that is not UTF-8 in base64.
func (w *writer) response(method string) events.APIGatewayV2HTTPResponse {
	w.WriteHeader(http.StatusOK)
	w.normalizeHeaders()
	out := events.APIGatewayV2HTTPResponse{StatusCode: w.status, Headers: make(map[string]string, len(w.sent)), Cookies: []string{}}
	for name, values := range w.sent {
		if strings.EqualFold(name, "Set-Cookie") {
			out.Cookies = values
			continue
		}
		out.Headers[name] = strings.Join(values, ",")
	}
	if method == http.MethodHead {
		return out
	}
	if body := w.body.Bytes(); utf8.Valid(body) {
		out.Body = string(body)
	} else {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return out
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
