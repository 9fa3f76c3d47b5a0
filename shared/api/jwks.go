package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"roster/shared/web"
)

// PublicKeySource returns the keys that other services verify access tokens with.
type PublicKeySource interface {
	// PublicKeys returns the current public keys as a JWK Set (RFC 7517), and
	// their algorithms. The error is fault.Unavailable if the keys cannot be read.
	PublicKeys(ctx context.Context, now time.Time) (set []byte, algorithms []string, err error)
}

const (
	jwksPath      = "/.well-known/jwks.json"
	discoveryPath = "/.well-known/openid-configuration"
	// keysCacheControl says how long a copy of the keys may be used. It must be
	// keyring.MaxSetAge, which the rotation of keys waits for.
	keysCacheControl = "public, max-age=300"
)

// discovery is the provider metadata of OpenID Connect Discovery 1.0 §3 and RFC
// 8414 §2. It leaves out what Roster does not have, such as an authorization
// endpoint. Roster has no ID tokens either, but clients look for the algorithms
// under the name for ID tokens.
type discovery struct {
	Issuer     string   `json:"issuer"`
	JWKSURI    string   `json:"jwks_uri"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
	Subjects   []string `json:"subject_types_supported"`
	Claims     []string `json:"claims_supported"`
}

// JWKS is GET /.well-known/jwks.json and GET /.well-known/openid-configuration.
func JWKS(keys PublicKeySource, issuer string) http.Handler {
	return web.Respond(func(w http.ResponseWriter, r *http.Request) (int, error) {
		body, err := web.CatchPanic(r, func(r *http.Request) ([]byte, error) { return wellKnown(r, keys, issuer, time.Now()) })
		if err != nil {
			return web.WriteError(w, r, err), err
		}
		return writeCacheable(w, r, append(body, '\n')), nil
	})
}

func wellKnown(r *http.Request, keys PublicKeySource, issuer string, now time.Time) ([]byte, error) {
	set, algorithms, err := keys.PublicKeys(r.Context(), now)
	if err != nil || r.URL.Path != discoveryPath {
		return set, err
	}
	return json.Marshal(discovery{
		Issuer: issuer, JWKSURI: issuer + jwksPath, Algorithms: algorithms, Subjects: []string{"public"},
		Claims: []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "role", "ver"},
	})
}

// writeCacheable writes an answer that is the same for every client, and that
// pages of other origins may read. It returns the status.
func writeCacheable(w http.ResponseWriter, r *http.Request, body []byte) int {
	sum := sha256.Sum256(body)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("Cache-Control", keysCacheControl)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("ETag", etag)
	for known := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if known = strings.TrimPrefix(strings.TrimSpace(known), "W/"); known == etag || known == "*" {
			w.WriteHeader(http.StatusNotModified)
			return http.StatusNotModified
		}
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	w.Write(body) // #nosec G104 G705 -- it fails only when the client is gone; the body is our own JSON, and nosniff is set
	return http.StatusOK
}
