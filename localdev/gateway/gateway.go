// Package gateway is an API Gateway HTTP API on net/http. In development a request
// gets the same routing, the same event (payload format 2.0), the same limits and
// the same errors as in a deployment:
//
//	http.ListenAndServe(addr, gateway.New(routes, invoke))
//
// Where API Gateway and net/http differ, it does what API Gateway does: no
// redirects for // and .., HEAD is not GET, and a path is decoded twice. It refuses
// to do the API's own work: it has no authorizers, no throttling and only the stage
// $default. Cors is beside it.
package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Quotas of HTTP APIs. None of them can be raised.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const (
	maxHeader          = 10240    // bytes of the request line and all header values
	maxBody            = 10 << 20 // bytes
	integrationTimeout = 30 * time.Second
)

// maxEvent is Lambda's quota for an event, in bytes of JSON. API Gateway answers 413
// for larger events. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxEvent = 6 << 20

// Invoke calls a route's function and returns its response. As with Lambda, its
// context does not end when the client leaves.
type Invoke = func(ctx context.Context, target string, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

type gateway struct {
	base   string // an API mapping key with a slash before it, or ""
	routes []route
	invoke Invoke
}

// New returns the API's handler. It panics on routes that [Check] rejects, as
// http.ServeMux does on a bad pattern.
func New(routes []Route, invoke Invoke) http.Handler { return NewAt("", routes, invoke) }

// NewAt is New for an API at a path of its domain, such as /auth, which is the key
// of an API mapping. Routes match without it, and events keep it. Requests without
// it come by the API's own address.
func NewAt(base string, routes []Route, invoke Invoke) http.Handler {
	table, err := compile(routes)
	if err != nil {
		panic("gateway: " + err.Error())
	}
	return &gateway{base: base, routes: table, invoke: invoke}
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if headerSize(r) > maxHeader {
		writeError(w, http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	path, err := deliveredPath(r.URL)
	if err != nil {
		writeError(w, http.StatusBadRequest)
		return
	}
	to, params, ok := find(g.routes, r.Method, g.withoutBase(path))
	if !ok {
		writeError(w, http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeError(w, bodyStatus(err))
		return
	}
	event := newEvent(r, path, to.key, params, body)
	if tooLarge(event) {
		writeError(w, http.StatusRequestEntityTooLarge)
		return
	}
	w.Header().Set("Apigw-Requestid", event.RequestContext.RequestID)
	g.serve(r.Context(), w, to, event)
}

func (g *gateway) withoutBase(path string) string {
	rest, under := strings.CutPrefix(path, g.base)
	switch {
	case g.base == "" || !under || rest != "" && rest[0] != '/':
		return path
	case rest == "":
		return "/"
	}
	return rest
}

// serve calls the function and answers with its response. It waits no longer than API
// Gateway does: when the time is over, the client is answered, also if the function
// does not return. The call has no goroutine of its own, whose stack would have to
// grow again for each request.
func (g *gateway) serve(ctx context.Context, w http.ResponseWriter, to route, event events.APIGatewayV2HTTPRequest) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), integrationTimeout)
	defer cancel()
	answered := make(chan struct{})
	inTime := context.AfterFunc(ctx, func() {
		defer close(answered)
		logFailure(ctx, to, event, errTimeout)
		writeError(w, http.StatusServiceUnavailable)
		_ = http.NewResponseController(w).Flush() // what cannot be flushed is sent when the function returns
	})
	resp, err := g.call(ctx, to.target, event)
	if !inTime() {
		<-answered
		return
	}
	if err == nil {
		err = writeResponse(w, resp)
	}
	if err != nil {
		logFailure(ctx, to, event, err)
		writeError(w, http.StatusInternalServerError)
	}
}

func logFailure(ctx context.Context, to route, event events.APIGatewayV2HTTPRequest, err error) {
	slog.ErrorContext(ctx, "the function gave no answer", "function", to.target, "route", to.key,
		"request_id", event.RequestContext.RequestID, "error", err)
}

var errTimeout = fmt.Errorf("no answer within %v", integrationTimeout)

// call turns a panic of the function into an error.
func (g *gateway) call(ctx context.Context, target string, event events.APIGatewayV2HTTPRequest) (resp events.APIGatewayV2HTTPResponse, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return g.invoke(ctx, target, event)
}

// headerSize counts as API Gateway's documentation says: the request line and the
// values of all headers, without their names.
func headerSize(r *http.Request) int {
	n := len(r.Method) + len(" ") + len(r.RequestURI) + len(" ") + len(r.Proto) + len(r.Host)
	for _, values := range r.Header {
		for _, v := range values {
			n += len(v)
		}
	}
	return n
}

// tooLarge reports whether the event is too large for Lambda. A small body cannot
// exceed the limit, because JSON needs at most six bytes for one byte.
func tooLarge(event events.APIGatewayV2HTTPRequest) bool {
	if len(event.Body) < maxEvent/8 {
		return false
	}
	payload, err := Payload(event)
	return err != nil || len(payload) > maxEvent
}

// Payload returns the event as JSON, as Lambda receives it. The characters < and &
// are not escaped.
func Payload(event events.APIGatewayV2HTTPRequest) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(event)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func bodyStatus(err error) int {
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}
