package docspage

import (
	"encoding/json"
	"net/http"
)

// notFound answers as every other function does (RFC 9457). It is written out
// here because the package that knows the API's errors knows users, tokens and
// passwords too, and a page of documentation must not link those.
func notFound(w http.ResponseWriter, r *http.Request) {
	body, _ := json.Marshal(struct { // strings and a number: it cannot fail
		Type      string `json:"type"`
		Title     string `json:"title"`
		Status    int    `json:"status"`
		Code      string `json:"code"`
		Msg       string `json:"msg"`
		RequestID string `json:"request_id,omitempty"`
	}{
		"about:blank", http.StatusText(http.StatusNotFound), http.StatusNotFound, "not_found",
		"There is nothing at this path.", r.Header.Get("X-Request-Id"),
	})
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(append(body, '\n'))
}
