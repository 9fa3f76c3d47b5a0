// Package api speaks HTTP for package user: it decodes a request strictly, says
// who is calling, and turns answers and errors into JSON. Each endpoint is one
// http.Handler in a file of its name; which path leads to it is template.yaml's
// business.
//
// It refuses to decide anything about accounts, to know how they are stored,
// and to read more of a request than it needs: its body and query with the
// headers about them, its access token, Device-Token, User-Agent, and
// X-Forwarded-For as far as proxies of one's own wrote it. It trusts of these
// what is signed, and beside that what package lambdahttp has put in place of
// what the client sent: the request id, the client's address and the path's
// values.
package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"roster/shared/user"
)

// message is the answer of an operation that has nothing else to say.
type message struct {
	Msg string `json:"msg"`
}

// endpoint makes a handler of a function that returns an answer or an error.
// It is where each answer gets its headers, each request its log line and each
// panic its 500.
func endpoint[Out any](status int, run func(*http.Request) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		secure(w.Header(), r)
		out, err := guarded(r, run)
		sent := status
		if err != nil {
			sent = writeError(w, r, err)
		} else {
			writeJSON(w, status, "application/json", out)
		}
		logRequest(r, sent, time.Since(began), err)
	})
}

// guarded turns a panic into an error, so that it is answered like one.
func guarded[Out any](r *http.Request, run func(*http.Request) (Out, error)) (out Out, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return run(r)
}

// secure sets the headers that every answer has (ASVS 3.4, RFC 6749 §5.1).
func secure(h http.Header, r *http.Request) {
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

// logRequest writes the one line of a request. The route stands for the path,
// which names a person; of an error the cause is for here only.
func logRequest(r *http.Request, status int, took time.Duration, err error) {
	attrs := []slog.Attr{
		slog.String("route", r.Pattern), slog.Int("status", status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("request_id", requestID(r)),
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
		attrs = append(attrs, slog.String("error", err.Error()))
	} else if code := user.Code(""); errors.As(err, &code) {
		attrs = append(attrs, slog.String("code", string(code)))
	}
	slog.LogAttrs(r.Context(), level, "request", attrs...)
}
