package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"roster/shared/fault"
	"roster/shared/request"
)

// TokenVerifier checks an access token. Its error is fault.Unavailable where the
// keys cannot be read.
type TokenVerifier interface {
	Verify(ctx context.Context, raw string, now time.Time) (request.Caller, error)
}

// Anonymous is the request of an endpoint that anyone may call.
func Anonymous(r *http.Request) request.Request {
	return request.Request{Client: clientOf(r), At: time.Now()}
}

// Authenticate is the request of an endpoint that wants an access token. Its
// caller is who the bearer token speaks for (RFC 6750 §2.1). Whether the account
// still accepts the token, the operation finds out.
func Authenticate(r *http.Request, tokens TokenVerifier) (request.Request, error) {
	req := Anonymous(r)
	raw, ok := bearerToken(r)
	if !ok {
		return request.Request{}, fault.NotLoggedIn()
	}
	c, err := tokens.Verify(r.Context(), raw, req.At)
	switch {
	case errors.Is(err, fault.Unavailable): // which says nothing of the token
		return request.Request{}, err
	case err != nil:
		refusal := fault.NotLoggedIn()
		refusal.Cause = err
		return request.Request{}, refusal
	}
	req.Caller = c
	return req, nil
}

// bearerToken returns the token of the one Authorization header.
func bearerToken(r *http.Request) (raw string, ok bool) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, raw, found := strings.Cut(values[0], " ")
	return raw, found && strings.EqualFold(scheme, "Bearer")
}
