package lambdahttp

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// server is what the adapter calls: the handler with net/http's manners.
type server struct{ http.Handler }

func (s server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(callKey{}).(*call)
	restore(r, c.event)
	w := newWriter()
	if c.refusal != "" {
		w.problem(http.StatusBadRequest, "invalid", c.refusal, requestID(r))
	} else if !s.run(w, r) {
		// What the handler wrote before it broke is half an answer: drop it.
		w = newWriter()
		w.problem(http.StatusInternalServerError, "internal", "Something went wrong on our side.", requestID(r))
	}
	w.send(rw, r.Method)
}

// run reports whether the handler returned. A panic would leave the adapter,
// aws-lambda-go would end the process, and the next request would pay for a
// cold start.
func (s server) run(w *writer, r *http.Request) (returned bool) {
	ctx := r.Context()
	defer func() {
		v := recover()
		if v == nil || v == http.ErrAbortHandler { // the way to end a request without a log, says net/http
			return
		}
		slog.ErrorContext(ctx, "panic in handler", "panic", fmt.Sprint(v), "route", r.Pattern,
			"request_id", requestID(r), "stack", string(debug.Stack()))
	}()
	s.Handler.ServeHTTP(w, r)
	return true
}
