// Package web is what every endpoint uses to speak HTTP: it decodes a request
// strictly, says who asks, turns answers and errors into JSON, and sets the
// headers and writes the log line that every request has. An endpoint is one
// http.Handler:
//
//	func Logout(db user.LogoutStore, tokens web.TokenVerifier) http.Handler {
//		return web.Endpoint(http.StatusOK, func(r *http.Request) (out web.Message, err error) {
//			req, err := web.Authenticate(r, tokens)
//			...
//		})
//	}
//
// It refuses to know any domain, and to read more of a request than it needs:
// its body and query with the headers about them, its access token,
// Device-Token, User-Agent, and X-Forwarded-For as far as the operator's own
// proxies wrote it, which X-Edge-Secret shows. It trusts what is signed, and beside that what package
// lambdahttp has put in place of what the client sent: the request id, the
// client's address and the path's values.
package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"roster/shared/fault"
)

// Message is the answer of an operation that has nothing else to say.
type Message struct {
	Msg string `json:"msg"`
}

// Endpoint makes a handler of a function that returns an answer or an error.
// The answer becomes JSON with the given status, the error a problem document.
func Endpoint[Out any](status int, run func(*http.Request) (Out, error)) http.Handler {
	return Respond(func(w http.ResponseWriter, r *http.Request) (int, error) {
		out, err := Recovered(r, run)
		if err != nil {
			return WriteError(w, r, err), err
		}
		writeJSON(w, status, "application/json", out)
		return status, nil
	})
}

// Respond makes a handler of a function that writes an answer of its own, such
// as a page. It sets the headers that every answer has and writes the
// request's log line. The function returns the status that it sent and the
// error behind it, which it has answered already.
func Respond(answer func(http.ResponseWriter, *http.Request) (status int, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		setSecurityHeaders(w.Header(), r)
		status, err := answer(w, r)
		logRequest(r, status, time.Since(began), err)
	})
}

// Recovered runs a function and turns its panic into an error, so that it is
// answered like one.
func Recovered[Out any](r *http.Request, run func(*http.Request) (Out, error)) (out Out, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return run(r)
}

// setSecurityHeaders sets the headers that every answer has (ASVS 3.4, RFC 6749
// §5.1).
func setSecurityHeaders(h http.Header, r *http.Request) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if id := requestID(r); id != "" {
		h.Set("X-Request-Id", id)
	}
}

// requestID is API Gateway's: lambdahttp replaces whatever the client sent.
func requestID(r *http.Request) string { return r.Header.Get("X-Request-Id") }

func writeJSON(w http.ResponseWriter, status int, contentType string, body any) {
	b, err := json.Marshal(body)
	if err != nil { // answers are structs of ours: this cannot be
		panic(err)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	w.Write(append(b, '\n')) // #nosec G104 -- who has hung up cannot be told
}

// logRequest writes the one line of a request. It names the route instead of
// the path, which names a person. The cause of an error is for this line only.
func logRequest(r *http.Request, status int, took time.Duration, err error) {
	attrs := []slog.Attr{
		slog.String("route", r.Pattern), slog.Int("status", status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("request_id", requestID(r)),
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
		attrs = append(attrs, slog.String("error", err.Error()))
	} else if code := fault.Code(""); errors.As(err, &code) {
		attrs = append(attrs, slog.String("code", string(code)))
	}
	slog.LogAttrs(r.Context(), level, "request", attrs...)
}
