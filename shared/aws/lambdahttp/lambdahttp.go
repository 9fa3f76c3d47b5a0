// Package lambdahttp runs an http.Handler as a Lambda function behind an API
// Gateway HTTP API (payload format 2.0).
//
// aws-lambda-go talks to Lambda. This package turns an event into a request and the
// answer into a response event, so that a handler behaves as under http.Server: a
// path may hold any character, header values are not split, the first status counts,
// an answer always has a status, and a panic ends one request and not the process.
//
// It refuses three things. It takes a client's address from the gateway and
// never from X-Forwarded-For. It takes the request id from the gateway and
// never from the client. And it refuses events that are not HTTP requests.
package lambdahttp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

var errNotHTTP = errors.New("lambdahttp: the event is not a request from an API Gateway HTTP API with payload format 2.0: " +
	"requestContext.http.method is missing; send this function only HTTP events")

// Start serves h for as long as Lambda keeps the process. It does not return.
//
// It makes Lambda's logger the default of slog: JSON where AWS_LAMBDA_LOG_FORMAT
// says so, at AWS_LAMBDA_LOG_LEVEL, with the invocation's requestId on every
// line that is logged with the request's context.
func Start(h http.Handler) {
	slog.SetDefault(lambdacontext.NewLogger())
	lambda.StartWithOptions(Wrap(h))
}

// Wrap returns the Lambda function that answers events with h.
//
// The function returns an error only for an event that is not an HTTP request.
// It answers 400 to a request that cannot be read and 500 after a panic, both as
// problem+json (RFC 9457). The context of a request ends 5 seconds after its
// start, or half a second before Lambda's own deadline if that comes first.
func Wrap(h http.Handler) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		if e.RequestContext.HTTP.Method == "" {
			return events.APIGatewayV2HTTPResponse{}, errNotHTTP
		}
		ctx, cancel := withTimeout(ctx)
		defer cancel()
		return serve(ctx, h, e), nil
	}
}

// serve treats the handler as http.Server does.
func serve(ctx context.Context, h http.Handler, e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	w := newWriter()
	r, unreadable := newRequest(ctx, e)
	if unreadable != "" {
		w.problem(http.StatusBadRequest, "invalid", unreadable, requestID(r))
	} else if !run(h, w, r) {
		// What the handler wrote before the panic is half an answer, so drop it.
		w = newWriter()
		w.problem(http.StatusInternalServerError, "internal", "Something went wrong on our side.", requestID(r))
	}
	return w.response(r.Method)
}

// run calls the handler and reports whether it returned. It recovers a panic,
// because aws-lambda-go would end the process, and the next request would have
// to wait for a cold start.
func run(h http.Handler, w *writer, r *http.Request) (returned bool) {
	ctx := r.Context()
	defer func() {
		v := recover()
		if v == nil || v == http.ErrAbortHandler { // net/http does not log this one either
			return
		}
		slog.ErrorContext(ctx, "panic in handler", "panic", fmt.Sprint(v), "route", r.Pattern,
			"request_id", requestID(r), "stack", string(debug.Stack()))
	}()
	h.ServeHTTP(w, r)
	return true
}
