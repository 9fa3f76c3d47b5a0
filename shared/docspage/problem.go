package docspage

import (
	"encoding/json"
	"net/http"
)

// notFound writes the same problem document as the other functions (RFC 9457).
// The package does not import package web for it, so that a page of documentation
// does not depend on the code that reads tokens.
func notFound(w http.ResponseWriter, r *http.Request) {
	body, _ := json.Marshal(struct { // it cannot fail: strings and a number
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
