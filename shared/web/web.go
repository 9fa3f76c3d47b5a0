// Package web holds what every endpoint needs of HTTP. It decodes requests
// strictly, verifies access tokens, and writes answers and errors as JSON, with
// the headers and the log line that every request gets. An endpoint is one
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
// the body and the query with the headers about them, the access token,
// Device-Token, User-Agent, X-Edge-Secret, and the part of X-Forwarded-For that
// the operator's own proxies wrote. It trusts signed values, and the values that package
// lambdahttp sets whatever the client sent: the request id, the client's address
// and the path's values.
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

// Message is the answer of an endpoint that returns no data.
type Message struct {
	Msg string `json:"msg"`
}

// Endpoint makes a handler from a function that returns an answer or an error. It
// writes the answer as JSON with the given status, and the error as a problem
// document.
func Endpoint[Out any](status int, run func(*http.Request) (Out, error)) http.Handler {
	return Respond(func(w http.ResponseWriter, r *http.Request) (int, error) {
		out, err := CatchPanic(r, run)
		if err != nil {
			return WriteError(w, r, err), err
		}
		writeJSON(w, status, "application/json", out)
		return status, nil
	})
}

// Respond makes a handler from a function that writes its answer itself, such as
// a page. Respond sets the headers that every answer has, and logs the request.
// The function returns the status that it sent, and the error for the log.
func Respond(answer func(http.ResponseWriter, *http.Request) (status int, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		setSecurityHeaders(w.Header(), r)
		status, err := answer(w, r)
		logRequest(r, status, time.Since(began), err)
	})
}

// CatchPanic runs a function and returns a panic of it as an error.
func CatchPanic[Out any](r *http.Request, run func(*http.Request) (Out, error)) (out Out, err error) {
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

// requestID returns the request's id. Package lambdahttp sets it to API Gateway's
// id, whatever the client sent.
func requestID(r *http.Request) string { return r.Header.Get("X-Request-Id") }

func writeJSON(w http.ResponseWriter, status int, contentType string, body any) {
	b, err := json.Marshal(body)
	if err != nil { // cannot happen: every answer is a struct of this program
		panic(err)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	w.Write(append(b, '\n')) // #nosec G104 -- it fails only when the client is gone
}

// logRequest writes the one log line of a request. It logs the route instead of
// the path, because a path can hold a username. The cause of an error appears
// only here.
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
