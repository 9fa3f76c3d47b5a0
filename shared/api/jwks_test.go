package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"roster/shared/api"
	"roster/shared/credential/keyring"
	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/web"
)

// fakeKeys returns the keys and the error that a test has set.
type fakeKeys struct {
	set  string
	algs []string
	err  error
}

func (p *fakeKeys) PublicKeys(context.Context, time.Time) ([]byte, []string, error) {
	return []byte(p.set), p.algs, p.err
}

func TestJWKSAndDiscoveryAreCacheable(t *testing.T) {
	t.Parallel()
	p := &fakeKeys{set: `{"keys":[{"kty":"EC","crv":"P-256","x":"` + strings.Repeat("A", 43) + `","y":"` + strings.Repeat("A", 43) + `","kid":"a","alg":"ES256","use":"sig"}]}`, algs: []string{"ES256"}}
	h := http.NewServeMux()
	h.Handle("GET /.well-known/jwks.json", api.JWKS(p, publicURL))
	h.Handle("GET /.well-known/openid-configuration", api.JWKS(p, publicURL))

	for path, want := range map[string]string{
		"/.well-known/jwks.json": p.set,
		"/.well-known/openid-configuration": `{"issuer":"https://accounts.example.com","jwks_uri":"https://accounts.example.com/.well-known/jwks.json",` +
			`"id_token_signing_alg_values_supported":["ES256"],"subject_types_supported":["public"],` +
			`"claims_supported":["iss","sub","aud","exp","nbf","iat","jti","sid","role","ver"]}`,
	} {
		a := send(t, h, "GET", path, "")
		a.wants(t, path, 200, want)
		for name, value := range map[string]string{
			"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin", "Content-Type": "application/json",
			"X-Content-Type-Options": "nosniff", "X-Request-Id": requestID,
		} {
			if got := a.header.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", path, name, got, value)
			}
		}
		etag := a.header.Get("ETag")
		for header, status := range map[string]int{etag: 304, `W/` + etag: 304, `"x", ` + etag: 304, "*": 304, `"x"`: 200, "": 200} {
			again := send(t, h, "GET", path, "", "If-None-Match: "+header)
			if again.status != status || status == 304 && again.body != "" || again.header.Get("ETag") != etag {
				t.Errorf("%s, If-None-Match %s: %d %q", path, header, again.status, again.body)
			}
		}
	}
	before := send(t, h, "GET", "/.well-known/jwks.json", "").header.Get("ETag")
	p.set = `{"keys":[]}`
	if send(t, h, "GET", "/.well-known/jwks.json", "").header.Get("ETag") == before {
		t.Error("another set has the same ETag")
	}
}

// The rotation waits for as long as a copy may be used.
func TestJWKSMaxAgeIsWhatTheRotationWaitsFor(t *testing.T) {
	t.Parallel()
	h := api.JWKS(&fakeKeys{set: "{}"}, publicURL)
	want := fmt.Sprintf("public, max-age=%.0f", keyring.MaxSetAge.Seconds())
	if got := send(t, h, "GET", "/.well-known/jwks.json", "").header.Get("Cache-Control"); got != want {
		t.Errorf("Cache-Control is %q, want %q", got, want)
	}
}

func TestJWKSErrorsAreNotCached(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		code   string
		msg    string
	}{
		{&fault.Error{Code: fault.Unavailable, Message: "Out.", RetryAfter: time.Second, Cause: errors.New("canary")}, 503, "unavailable", "Out."},
		{errors.New("canary"), 500, "internal", "Something went wrong on our side."},
	} {
		h := http.NewServeMux()
		h.Handle("GET /.well-known/jwks.json", api.JWKS(&fakeKeys{err: c.err}, publicURL))
		a := send(t, h, "GET", "/.well-known/jwks.json", "")
		a.wants(t, "jwks", c.status, problem(c.status, c.code, c.msg))
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("ETag") != "" {
			t.Errorf("an error may be cached: %v", a.header)
		}
	}
}

// unreadableKeys is a verifier whose keys cannot be read.
type unreadableKeys struct{ web.TokenVerifier }

func (unreadableKeys) Verify(context.Context, string, time.Time) (request.Caller, error) {
	return request.Caller{}, &fault.Error{Code: fault.Unavailable, Message: "Out.", RetryAfter: time.Second}
}

// A client would discard its session on a 401.
func TestUnreadableKeysAnswer503Not401(t *testing.T) {
	t.Parallel()
	h := http.NewServeMux()
	h.Handle("GET /api/user/{username}", api.GetUser(nil, unreadableKeys{}))
	send(t, h, "GET", "/api/user/ann", "", "Authorization: Bearer a.b.c").wants(t, "get_user", 503, problem(503, "unavailable", "Out."))
	send(t, h, "GET", "/api/user/ann", "").wants(t, "without a token", 401, problem(401, "unauthenticated", "Please log in."))
}
