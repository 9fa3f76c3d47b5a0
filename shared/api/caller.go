package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"roster/shared/user"
)

// TokenVerifier checks an access token. Its error is user.Unavailable where the
// keys cannot be read.
type TokenVerifier interface {
	Verify(ctx context.Context, raw string, now time.Time) (user.Caller, error)
}

// caller returns who the bearer token speaks for (RFC 6750 §2.1). Whether the
// account still honours it, the operation finds out.
func caller(r *http.Request, tokens TokenVerifier, now time.Time) (user.Caller, error) {
	refused := &user.Error{Code: user.Unauthenticated, Message: "Please log in."}
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return user.Caller{}, refused
	}
	scheme, raw, found := strings.Cut(values[0], " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return user.Caller{}, refused
	}
	c, err := tokens.Verify(r.Context(), raw, now)
	switch {
	case errors.Is(err, user.Unavailable): // which says nothing of the token
		return user.Caller{}, err
	case err != nil:
		refused.Cause = err
		return user.Caller{}, refused
	}
	return c, nil
}
