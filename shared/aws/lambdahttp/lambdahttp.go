// Package lambdahttp runs an http.Handler as a Lambda function behind an API
// Gateway HTTP API (payload format 2.0).
//
// aws-lambda-go talks to Lambda, and httpadapter turns events into requests.
// This package repairs what that conversion loses, so that a handler behaves as
// under http.Server: a path may hold any character, header values are not split,
// the first status counts, an answer always has a status, and a panic ends one
// request and not the process.
//
// It refuses three things. It takes a client's address from the gateway and
// never from X-Forwarded-For. It takes the request id from the gateway and
// never from the client. And it refuses events that are not HTTP requests.
package lambdahttp

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"
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
	adapter := httpadapter.NewV2(server{h})
	return func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		if e.RequestContext.HTTP.Method == "" {
			return events.APIGatewayV2HTTPResponse{}, errNotHTTP
		}
		ctx, cancel := withTimeout(ctx)
		defer cancel()
		c := &call{event: e}
		ctx = context.WithValue(ctx, callKey{}, c)
		return adapter.ProxyWithContext(ctx, c.adapterEvent())
	}
}

// call is an event on its way to the handler.
type call struct {
	event      events.APIGatewayV2HTTPRequest
	badRequest string // why the handler cannot read the request, or ""
}

type callKey struct{}

// adapterEvent returns an event with the body only, because that is all that the
// adapter converts without loss. The adapter parses the path as a URL, splits
// headers at commas and prints what it cannot read. So restoreRequest sets the
// rest of the request.
func (c *call) adapterEvent() events.APIGatewayV2HTTPRequest {
	body := c.event.Body
	if c.event.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			c.badRequest = "The request body could not be read."
		}
		body = string(decoded)
	}
	if !isToken(c.event.RequestContext.HTTP.Method) {
		c.badRequest = "The request method could not be read."
	}
	plain := events.APIGatewayV2HTTPRequest{RawPath: "/", Body: body, RequestContext: c.event.RequestContext}
	plain.RequestContext.HTTP.Method = http.MethodPost
	plain.RequestContext.DomainName = ""
	return plain
}
