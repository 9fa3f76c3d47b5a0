package runtimeapi

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const base = "/2018-06-01/runtime"

// An invocation is one event and its way through a process.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	limit    *time.Timer
	result   chan outcome // buffered, capacity 1
	answered bool
	duration time.Duration
}

func newInvocation(payload []byte, timeout time.Duration) *invocation {
	return &invocation{
		id: newUUID(), payload: payload, deadline: time.Now().Add(timeout), limit: time.NewTimer(timeout), result: make(chan outcome, 1),
	}
}

// api is the Runtime API.
func (in *instance) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"/invocation/next", in.next)
	mux.HandleFunc("POST "+base+"/invocation/{id}/response", in.response)
	mux.HandleFunc("POST "+base+"/invocation/{id}/error", in.failure)
	mux.HandleFunc("POST "+base+"/init/error", in.initFailure)
	return mux
}

// next answers with the next event, and waits until there is one. A process that
// asks again before it has answered gets an error.
func (in *instance) next(w http.ResponseWriter, r *http.Request) {
	if !in.markReady() {
		writeError(w, http.StatusForbidden, "InvalidStateTransition")
		return
	}
	select {
	case <-r.Context().Done():
	case j := <-in.invocations:
		in.mu.Lock()
		in.current = j
		in.served++
		in.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", j.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(j.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:"+in.fn.cfg.Name)
		h.Set("Lambda-Runtime-Trace-Id", fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), hex.EncodeToString(randomBytes(12)), hex.EncodeToString(randomBytes(8))))
		_, _ = w.Write(j.payload)
	}
}

func (in *instance) markReady() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.current != nil && !in.current.answered {
		return false
	}
	in.current = nil
	if in.init == 0 {
		in.init = time.Since(in.startedAt)
		in.initMem = memory(in.cmd.Process.Pid).now
	}
	select {
	case in.ready <- struct{}{}:
	default:
	}
	return true
}

func (in *instance) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	o, status := outcome{body: body}, http.StatusAccepted
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		status = http.StatusRequestEntityTooLarge
		o = in.failed(r, functionError{Type: "Function.ResponseSizeTooLarge", Message: fmt.Sprintf("the answer has more than %d bytes", maxPayload)})
	} else if err != nil {
		o = in.failed(r, functionError{Type: "Runtime.TruncatedResponse", Message: "the answer ended early: " + err.Error()})
	} else if kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); kind != "" { // the function failed while it wrote the response
		o = in.failed(r, trailerError(kind, r.Trailer.Get("Lambda-Runtime-Function-Error-Body")))
	}
	in.deliver(w, r, o, status)
}

func (in *instance) failure(w http.ResponseWriter, r *http.Request) {
	in.deliver(w, r, in.failed(r, readError(w, r)), http.StatusAccepted)
}

func (in *instance) initFailure(w http.ResponseWriter, r *http.Request) {
	err := in.failed(r, readError(w, r)).err.(*FunctionError)
	in.mu.Lock()
	in.initFailureReport = err
	in.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
}

// deliver passes on the first answer to the current event, and refuses others.
func (in *instance) deliver(w http.ResponseWriter, r *http.Request, o outcome, status int) {
	in.mu.Lock()
	j := in.current
	ok := j != nil && j.id == r.PathValue("id") && !j.answered
	if ok {
		j.answered = true
	}
	in.mu.Unlock()
	if !ok {
		writeError(w, http.StatusBadRequest, "InvalidRequestID")
		return
	}
	j.result <- o
	w.WriteHeader(status)
}

func writeError(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "{\"errorType\":%q,\"errorMessage\":%q}", kind, http.StatusText(status))
}
