package bearer

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"roster/shared/credential/token"
)

type claimsKey struct{}

// From returns the claims of the access token of a request that has passed
// Require.
func From(ctx context.Context) (token.Claims, bool) {
	c, ok := ctx.Value(claimsKey{}).(token.Claims)
	return c, ok
}

// Require passes requests with a good access token to next. It refuses all others
// as RFC 6750 §3 says.
func (v *Verifier) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, refused := bearerToken(r)
		if refused != nil {
			refused.write(w)
			return
		}
		c, err := v.Verify(r.Context(), raw)
		switch {
		case errors.Is(err, ErrUnavailable):
			slog.ErrorContext(r.Context(), "an access token could not be verified", "error", err)
			unavailable.write(w)
		case err != nil:
			invalidToken.write(w)
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), claimsKey{}, c)))
		}
	})
}

// refusal is the answer to a refused request. Its text is the same for all causes
// with the same status, so that an attacker does not learn the cause.
type refusal struct {
	status    int
	challenge string // WWW-Authenticate
	code, msg string
}

var (
	// The answer to a request without a token has no error code (RFC 6750 §3.1).
	missingToken   = &refusal{http.StatusUnauthorized, "Bearer", "unauthenticated", "Please log in."}
	invalidToken   = &refusal{http.StatusUnauthorized, `Bearer error="invalid_token"`, "unauthenticated", "Please log in."}
	multipleTokens = &refusal{http.StatusBadRequest, `Bearer error="invalid_request"`, "invalid", "There must be one Authorization header."}
	unavailable    = &refusal{http.StatusServiceUnavailable, "", "unavailable", "The service is not available right now. Please try again."}
)

// bearerToken returns the request's token (RFC 6750 §2.1). It ignores tokens in
// the query and in the body.
func bearerToken(r *http.Request) (raw string, refused *refusal) {
	values := r.Header.Values("Authorization")
	if len(values) > 1 {
		return "", multipleTokens
	}
	scheme, raw, found := strings.Cut(strings.Join(values, ""), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return "", missingToken
	}
	return raw, nil
}

// problem is the body of an error (RFC 9457), as Roster itself answers.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	Msg    string `json:"msg"`
}

func (f *refusal) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if f.challenge != "" {
		h.Set("WWW-Authenticate", f.challenge)
	}
	if f.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "5")
	}
	w.WriteHeader(f.status)
	body := problem{"about:blank", http.StatusText(f.status), f.status, f.code, f.msg}
	_ = json.NewEncoder(w).Encode(body) // it fails only when the client is gone
}
