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

// TokenVerifier verifies access tokens.
type TokenVerifier interface {
	// Verify returns the caller that the token was issued to. The error is
	// fault.Unavailable if the keys cannot be read; any other error means that
	// the token is bad.
	Verify(ctx context.Context, raw string, now time.Time) (request.Caller, error)
}

// Anonymous returns the request of an endpoint that anyone may call. It has no
// caller.
func Anonymous(r *http.Request) request.Request {
	return request.Request{Client: clientOf(r), At: time.Now()}
}

// Authenticate returns the request of an endpoint that requires an access token.
// Its caller is the one that the bearer token was issued to (RFC 6750 §2.1). The
// operation checks later, in the database, that the session has not ended.
func Authenticate(r *http.Request, tokens TokenVerifier) (request.Request, error) {
	req := Anonymous(r)
	raw, ok := bearerToken(r)
	if !ok {
		return request.Request{}, fault.NotLoggedIn()
	}
	c, err := tokens.Verify(r.Context(), raw, req.At)
	switch {
	case errors.Is(err, fault.Unavailable): // the token may be good
		return request.Request{}, err
	case err != nil:
		refusal := fault.NotLoggedIn()
		refusal.Cause = err
		return request.Request{}, refusal
	}
	req.Caller = c
	return req, nil
}

// bearerToken returns the token of the Authorization header. There must be
// exactly one such header.
func bearerToken(r *http.Request) (raw string, ok bool) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, raw, found := strings.Cut(values[0], " ")
	return raw, found && strings.EqualFold(scheme, "Bearer")
}
