package api

import (
	"net/http"
	"strings"
	"time"

	"roster/shared/user"
)

// TokenVerifier checks an access token.
type TokenVerifier interface {
	Verify(raw string, now time.Time) (subject string, version int64, err error)
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
	subject, version, err := tokens.Verify(raw, now)
	if err != nil {
		refused.Cause = err
		return user.Caller{}, refused
	}
	return user.Caller{UUID: subject, TokenVersion: version}, nil
}
