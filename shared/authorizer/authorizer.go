// Package authorizer is a Lambda authorizer. API Gateway calls it before it passes
// a request to an API of your own. It verifies the request's access token, asks
// the database whether the session still exists and the account is active, and
// tells your API who the caller is:
//
//	authorizer.Start(authorizer.New(db, tokens, 30*time.Second))
//
// It caches the database's decisions for some seconds. So these APIs refuse an
// ended session only after that time, while Roster's own endpoints refuse it at
// the next request.
//
// It refuses to let a request through while it cannot ask the database, and to
// say why it refused one. It does not decide what the caller may do in your API.
package authorizer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"roster/shared/aws/metric"
	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
	"roster/shared/wallclock"
)

// TokenVerifier verifies access tokens.
type TokenVerifier interface {
	// Verify returns the caller that the token was issued to. The error is
	// fault.Unavailable if the keys cannot be read; any other error means that
	// the token is bad.
	Verify(ctx context.Context, raw string, now time.Time) (request.Caller, error)
}

// Authorizer answers API Gateway. It is safe for concurrent use.
type Authorizer struct {
	db     user.Viewer
	tokens TokenVerifier
	cache  *decisionCache
	now    func() time.Time
}

// New returns an authorizer that caches the database's decisions for ttl. Zero
// turns the cache off.
func New(db user.Viewer, tokens TokenVerifier, ttl time.Duration) *Authorizer {
	return &Authorizer{db: db, tokens: tokens, cache: newDecisionCache(ttl, maxCached), now: wallclock.Now}
}

// Start serves the authorizer's invocations. It does not return. It logs with the
// logger that settings.Load has set.
func Start(a *Authorizer) { lambda.Start(a.Handle) }

// errUnauthorized makes API Gateway answer 401, which it does only for exactly
// this text. Any other error becomes a 500. {"isAuthorized":false} becomes a 403,
// which tells a client that a new token would not help. See "Call an API with an
// API Gateway Lambda authorizer" and "Use API Gateway Lambda authorizers" in the
// API Gateway Developer Guide; for Go, ExampleAPIGatewayCustomAuthorizerRequest
// in aws-lambda-go.
//
// Lambda counts it as an error of the function, so anyone with an old token could
// raise an alarm on that metric
// (awslabs/aws-apigateway-lambda-authorizer-blueprints issue 21). This function's
// alarm watches AuthorizerFailed instead.
var errUnauthorized = errors.New("Unauthorized")

// errFailed stands for every other error. API Gateway answers 500.
var errFailed = errors.New("the authorizer cannot tell; its log says why")

// handleTimeout limits one call of Handle. API Gateway waits for 10 seconds, and
// so does Lambda for this function.
const handleTimeout = 5 * time.Second

// Handle answers one event. It returns a response in the format of the event that
// lets the request through, or an error.
func (a *Authorizer) Handle(ctx context.Context, event json.RawMessage) (any, error) {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	response, cached, err := a.authorizeRecovered(limited, event)
	code := codeOf(err)
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("code", code), slog.Bool("cached", cached), slog.Float64("ms", float64(time.Since(began).Microseconds())/1000),
	}
	if code == codeFailed {
		level, attrs = slog.LevelError, append(attrs, slog.String("error", err.Error()))
		metric.Count(ctx, "AuthorizerFailed")
	}
	slog.LogAttrs(ctx, level, "authorization", attrs...)
	switch code {
	case codeAllowed:
		return response, nil
	case codeRefused:
		return nil, errUnauthorized
	}
	return nil, errFailed
}

// The codes in the log.
const (
	codeAllowed = "ok"
	codeRefused = string(fault.Unauthenticated)
	codeFailed  = "failed"
)

func codeOf(err error) string {
	switch {
	case err == nil:
		return codeAllowed
	case errors.Is(err, fault.Unauthenticated):
		return codeRefused
	}
	return codeFailed
}

// authorizeRecovered is authorize, but returns a panic as an error. A panic would
// end the process, and the cache would be lost.
func (a *Authorizer) authorizeRecovered(ctx context.Context, event json.RawMessage) (response any, cached bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			response, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return a.authorize(ctx, event)
}

func (a *Authorizer) authorize(ctx context.Context, event json.RawMessage) (response any, cached bool, err error) {
	e, err := decode(event)
	if err != nil {
		return nil, false, err
	}
	c, err := a.caller(ctx, e)
	if err != nil {
		return nil, false, err
	}
	s, cached, err := a.cache.get(ctx, c, a.now, func(ctx context.Context) (subject, error) {
		u, err := user.Get(ctx, request.Request{Caller: c}, a.db, user.Me)
		return subject{sub: u.UUID, username: u.Username, role: string(u.Role), sid: c.Session}, err
	})
	if err != nil {
		return nil, cached, err
	}
	return e.allowResponse(s), cached, nil
}

// caller returns the caller that the event's token was issued to.
func (a *Authorizer) caller(ctx context.Context, e gatewayEvent) (request.Caller, error) {
	raw, ok := e.token()
	if !ok {
		return request.Caller{}, fault.NotLoggedIn()
	}
	c, err := a.tokens.Verify(ctx, raw, a.now())
	switch {
	case errors.Is(err, fault.Unavailable): // the token may be good
		return request.Caller{}, err
	case err != nil:
		return request.Caller{}, fault.NotLoggedIn()
	}
	// This check comes last: a client with a bad token must not cause an error
	// that blames the API's configuration.
	return c, e.checkSources(raw)
}
