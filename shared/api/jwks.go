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

// Published gives what other services verify access tokens with.
type Published interface {
	// PublicKeys returns the public keys of now as a JWK Set, and their
	// algorithms. Its error is fault.Unavailable where the keys cannot be read.
	PublicKeys(ctx context.Context, now time.Time) (set []byte, algorithms []string, err error)
}

const (
	jwksPath      = "/.well-known/jwks.json"
	discoveryPath = "/.well-known/openid-configuration"
	// keysAge is how long a copy may be used. The rotation of keys counts on
	// it: it is keyring.MaxSetAge.
	keysAge = "public, max-age=300"
)

// discovery is what OpenID Connect Discovery 1.0 §3 and RFC 8414 §2 call the
// provider's metadata, as far as it is true of Roster: it has no authorization
// endpoint, and its tokens are access tokens. Clients look for the algorithms
// under the name that they have for ID tokens.
type discovery struct {
	Issuer     string   `json:"issuer"`
	JWKSURI    string   `json:"jwks_uri"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
	Subjects   []string `json:"subject_types_supported"`
	Claims     []string `json:"claims_supported"`
}

// JWKS is GET /.well-known/jwks.json and GET /.well-known/openid-configuration.
func JWKS(keys Published, issuer string) http.Handler {
	return web.Respond(func(w http.ResponseWriter, r *http.Request) (int, error) {
		body, err := web.Recovered(r, func(r *http.Request) ([]byte, error) { return wellKnown(r, keys, issuer, time.Now()) })
		if err != nil {
			return web.WriteError(w, r, err), err
		}
		return writeCacheable(w, r, append(body, '\n')), nil
	})
}

func wellKnown(r *http.Request, keys Published, issuer string, now time.Time) ([]byte, error) {
	set, algorithms, err := keys.PublicKeys(r.Context(), now)
	if err != nil || r.URL.Path != discoveryPath {
		return set, err
	}
	return json.Marshal(discovery{
		Issuer: issuer, JWKSURI: issuer + jwksPath, Algorithms: algorithms, Subjects: []string{"public"},
		Claims: []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "role", "ver"},
	})
}

// writeCacheable answers what is the same for everybody, pages of other origins
// among them, and returns the status.
func writeCacheable(w http.ResponseWriter, r *http.Request, body []byte) int {
	sum := sha256.Sum256(body)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("Cache-Control", keysAge)
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
	w.Write(body) // #nosec G104 G705 -- who has hung up cannot be told; it is JSON of our own, by its type and with nosniff
	return http.StatusOK
}
