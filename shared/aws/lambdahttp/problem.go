package lambdahttp

import (
	"encoding/json"
	"net/http"
)

// problem writes an error in the API's form (RFC 9457), with the headers that
// every answer of the API has. It is for the two errors that a handler cannot
// answer: a request that cannot be read, and the handler's own panic.
func (w *writer) problem(status int, code, msg, requestID string) {
	for name, value := range map[string]string{
		"Content-Type":                 "application/problem+json",
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
		"X-Content-Type-Options":       "nosniff",
	} {
		w.header.Set(name, value)
	}
	if requestID != "" {
		w.header.Set(requestIDHeader, requestID)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(&w.body).Encode(struct { // strings and a number: it cannot fail
		Type      string `json:"type"`
		Title     string `json:"title"`
		Status    int    `json:"status"`
		Code      string `json:"code"`
		Msg       string `json:"msg"`
		RequestID string `json:"request_id,omitempty"`
	}{"about:blank", http.StatusText(status), status, code, msg, requestID})
}
