// Package authorizer is a Lambda authorizer: API Gateway asks it, before it
// lets a request through to somebody's own API, whether the request's access
// token counts. It verifies the token, asks the database whether the session
// and the account still honour it, and tells the API behind whose it is.
//
// It knows the events that API Gateway sends to authorizers and the answers
// that it takes, and package user, which decides. What the caller may do in
// that API is not its business. It refuses to let anybody through when it
// cannot ask, and to say why it refused.
//
// What the database said serves for some seconds, so an ended session is dead
// to these APIs within that time, and not at the very next request as it is to
// Roster's own endpoints.
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

// TokenVerifier checks an access token. Its error is fault.Unavailable where the
// keys cannot be read.
type TokenVerifier interface {
	Verify(ctx context.Context, raw string, now time.Time) (request.Caller, error)
}

// Authorizer answers API Gateway. Its methods may be called at the same time.
type Authorizer struct {
	db     user.Viewer
	tokens TokenVerifier
	known  *answers
	now    func() time.Time
}

// New returns an authorizer that remembers what the database said for that
// long; zero asks it each time.
func New(db user.Viewer, tokens TokenVerifier, keep time.Duration) *Authorizer {
	return &Authorizer{db: db, tokens: tokens, known: newAnswers(keep, mostKnown), now: wallclock.Now}
}

// Start serves the authorizer's invocations. It does not return. The logger is
// the one that settings.Load has set.
func Start(a *Authorizer) { lambda.Start(a.Handle) }

// errUnauthorized makes API Gateway answer 401. It looks for this very word;
// any other error is a 500, and {"isAuthorized":false} a 403, which tells a
// client that a new token would not help ("Call an API with an API Gateway
// Lambda authorizer" and "Use API Gateway Lambda authorizers" in the API
// Gateway Developer Guide; the same of Go in aws-lambda-go's
// ExampleAPIGatewayCustomAuthorizerRequest).
//
// Lambda counts it as an error of the function, so that anybody with an old
// token could ring an alarm on those (awslabs/aws-apigateway-lambda-authorizer-blueprints
// issue 21). This function's alarm reads AuthorizerFailed instead.
var errUnauthorized = errors.New("Unauthorized")

// errFailed is every other error. API Gateway answers 500.
var errFailed = errors.New("the authorizer cannot tell; its log says why")

// answerTime bounds one answer. API Gateway waits for 10 seconds, Lambda's
// limit for the function is the same.
const answerTime = 5 * time.Second

// Handle answers one event: with an answer in the event's own form that lets
// the request through, or with an error.
func (a *Authorizer) Handle(ctx context.Context, event json.RawMessage) (any, error) {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	answer, cached, err := a.guarded(limited, event)
	code := codeOf(err)
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("code", code), slog.Bool("cached", cached), slog.Float64("ms", float64(time.Since(began).Microseconds())/1000),
	}
	if code == failed {
		level, attrs = slog.LevelError, append(attrs, slog.String("error", err.Error()))
		metric.Count(ctx, "AuthorizerFailed")
	}
	slog.LogAttrs(ctx, level, "authorization", attrs...)
	switch code {
	case allowed:
		return answer, nil
	case refused:
		return nil, errUnauthorized
	}
	return nil, errFailed
}

// The codes of an answer in the log.
const (
	allowed = "ok"
	refused = string(fault.Unauthenticated)
	failed  = "failed"
)

func codeOf(err error) string {
	switch {
	case err == nil:
		return allowed
	case errors.Is(err, fault.Unauthenticated):
		return refused
	}
	return failed
}

// guarded turns a panic into an error: one that left here would end the process
// and with it all that it remembers.
func (a *Authorizer) guarded(ctx context.Context, event json.RawMessage) (answer any, cached bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			answer, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return a.authorize(ctx, event)
}

func (a *Authorizer) authorize(ctx context.Context, event json.RawMessage) (answer any, cached bool, err error) {
	asked, err := decode(event)
	if err != nil {
		return nil, false, err
	}
	c, err := a.caller(ctx, asked)
	if err != nil {
		return nil, false, err
	}
	who, cached, err := a.known.get(ctx, c, a.now, func(ctx context.Context) (bearer, error) {
		u, err := user.Get(ctx, request.Request{Caller: c}, a.db, user.Me)
		return bearer{sub: u.UUID, username: u.Username, role: string(u.Role), sid: c.Session}, err
	})
	if err != nil {
		return nil, cached, err
	}
	return asked.allow(who), cached, nil
}

// caller returns who the event's token speaks for.
func (a *Authorizer) caller(ctx context.Context, asked question) (request.Caller, error) {
	raw, ok := asked.token()
	if !ok {
		return request.Caller{}, refusal()
	}
	c, err := a.tokens.Verify(ctx, raw, a.now())
	switch {
	case errors.Is(err, fault.Unavailable): // which says nothing of the token
		return request.Caller{}, err
	case err != nil:
		return request.Caller{}, refusal()
	}
	// Last: what anybody may send must not look like a mistake of the API's.
	return c, asked.checkSources(raw)
}

func refusal() error { return fault.NotLoggedIn() }
