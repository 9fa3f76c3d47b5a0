package lambdahttp

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// server is what the adapter calls. It treats the handler as http.Server does.
type server struct{ http.Handler }

func (s server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(callKey{}).(*call)
	restoreRequest(r, c.event)
	w := newWriter()
	if c.badRequest != "" {
		w.problem(http.StatusBadRequest, "invalid", c.badRequest, requestID(r))
	} else if !s.run(w, r) {
		// What the handler wrote before the panic is half an answer, so drop it.
		w = newWriter()
		w.problem(http.StatusInternalServerError, "internal", "Something went wrong on our side.", requestID(r))
	}
	w.send(rw, r.Method)
}

// run calls the handler and reports whether it returned. It recovers a panic,
// because aws-lambda-go would end the process, and the next request would have
// to wait for a cold start.
func (s server) run(w *writer, r *http.Request) (returned bool) {
	ctx := r.Context()
	defer func() {
		v := recover()
		if v == nil || v == http.ErrAbortHandler { // net/http does not log this one either
			return
		}
		slog.ErrorContext(ctx, "panic in handler", "panic", fmt.Sprint(v), "route", r.Pattern,
			"request_id", requestID(r), "stack", string(debug.Stack()))
	}()
	s.Handler.ServeHTTP(w, r)
	return true
}
