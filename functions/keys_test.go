package functions_test

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"roster/localdev/postgrestest"
	"roster/shared/credential/keyring"
)

// newRing returns a key ring with a current and a next key, as the secret holds it.
func newRing(t testing.TB, alg keyring.Algorithm) string {
	t.Helper()
	return ringText(t, newKey(t, alg, keyring.Current), newKey(t, alg, keyring.Next))
}

func newKey(t testing.TB, alg keyring.Algorithm, state keyring.State) keyring.Key {
	t.Helper()
	k, err := keyring.Generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	k.State, k.CreatedAt = state, time.Now().Add(-24*time.Hour)
	if state != keyring.Next {
		k.CurrentAt = k.CreatedAt.Add(time.Hour)
	}
	return k
}

func ringText(t testing.TB, keys ...keyring.Key) string {
	t.Helper()
	b, err := (&keyring.Ring{Keys: keys}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every function accepts the access tokens that login signs, and the published
// keys verify them.
func TestAccessTokensOfARing(t *testing.T) {
	t.Parallel()
	for _, alg := range []keyring.Algorithm{keyring.ES256, keyring.EdDSA, keyring.RS256} {
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			v := newService(t, postgrestest.URL(t), secret("JWT_KEYS", newRing(t, alg)))
			v.call("POST", "/api/user/register", "", account, 201)
			access := v.login(credentials)
			v.call("GET", "/api/user/user1", access, "", 200)
			set, err := keyring.ParseSet([]byte(v.call("GET", "/.well-known/jwks.json", "", "", 200)))
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := jwt.Parse(access, func(tok *jwt.Token) (any, error) {
				_, key, _ := set.Find(tok.Header["kid"].(string), time.Now())
				return key, nil
			}, jwt.WithValidMethods([]string{string(alg)}))
			if err != nil || !parsed.Valid {
				t.Errorf("%v", err)
			}
			want := `"id_token_signing_alg_values_supported":["` + string(alg) + `"]`
			if got := v.call("GET", "/.well-known/openid-configuration", "", "", 200); !strings.Contains(got, want) {
				t.Errorf("the configuration is %s", got)
			}
			v.nothingSecretIn(v.log.String(), access)
		})
	}
}

// A secret that holds everything may be given to every function, also to the one
// that publishes the keys. It shows nothing of the private ones.
func TestJWKSShowsNoPrivateKey(t *testing.T) {
	t.Parallel()
	ring := newRing(t, keyring.ES256)
	v := newService(t, "postgres://roster@127.0.0.1:1/roster", settings{
		secret:    map[string]string{"JWT_KEYS": ring, "JWT_SECRET_KEY": canary},
		variables: map[string]string{"KEYS_SECRET_ARN": keysARN},
	})
	var doc struct{ Keys []struct{ Private string } }
	if err := json.Unmarshal([]byte(ring), &doc); err != nil || len(doc.Keys) != 2 || doc.Keys[0].Private == "" {
		t.Fatal(err, doc)
	}
	shown := v.call("GET", "/.well-known/jwks.json", "", "", 200) + v.call("GET", "/.well-known/openid-configuration", "", "", 200)
	v.aws.SetSecret(secretARN, "{")
	shown += v.log.String()
	hidden := encodings(canary)
	for _, k := range doc.Keys {
		raw, err := base64.StdEncoding.DecodeString(k.Private)
		if err != nil {
			t.Fatal(err)
		}
		hidden = append(hidden, k.Private, base64.RawURLEncoding.EncodeToString(raw[36:68]), string(raw[36:68])) // the scalar
	}
	v.nothingSecretIn(shown, hidden...)
	if strings.Contains(shown, "HS256") || strings.Contains(shown, `"oct"`) {
		t.Errorf("the shared secret is mentioned: %s", shown)
	}
}

// gatewayRefuses plays API Gateway's own JWT authorizer, by its documentation (API
// Gateway Developer Guide, "Controlling access to HTTP APIs with JWT
// authorizers"). It returns why a token is refused, or "".
func gatewayRefuses(t *testing.T, h http.Handler, issuer, audience, raw string) string {
	t.Helper()
	fetch := func(url string, into any) bool {
		path, ours := strings.CutPrefix(url, issuer)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return ours && w.Code == 200 && json.Unmarshal(w.Body.Bytes(), into) == nil
	}
	var configuration struct {
		Issuer string
		URI    string `json:"jwks_uri"`
	}
	var set struct {
		Keys []struct{ Kid, Kty, N, E string }
	}
	if !fetch(issuer+"/.well-known/openid-configuration", &configuration) || configuration.Issuer != issuer {
		return "the issuer's configuration cannot be read"
	}
	if !fetch(configuration.URI, &set) {
		return "the keys cannot be read"
	}
	var header struct{ Alg, Kid string }
	var claims struct {
		Iss           string
		Aud           any
		ClientID      string `json:"client_id"`
		Exp, Nbf, Iat float64
	}
	parts := strings.Split(raw, ".")
	if !decodeSegment(parts[0], &header) || !decodeSegment(parts[1], &claims) {
		return "it is not a JWT"
	}
	at := float64(time.Now().Unix())
	audiences, _ := claims.Aud.([]any)
	switch {
	case !slices.Contains([]string{"RS256", "RS384", "RS512"}, header.Alg):
		return "only RSA-based algorithms are supported"
	case !slices.ContainsFunc(set.Keys, func(k struct{ Kid, Kty, N, E string }) bool { return k.Kid == header.Kid && k.Kty == "RSA" }):
		return "kid names no key"
	case claims.Iss != issuer:
		return "iss is another"
	case claims.Aud != any(audience) && !slices.Contains(audiences, any(audience)) && (claims.Aud != nil || claims.ClientID != audience):
		return "neither aud nor client_id is the audience"
	case claims.Exp <= at || claims.Nbf > at || claims.Iat > at:
		return "exp, nbf or iat is not good now"
	case math.Trunc(claims.Exp) != claims.Exp:
		return "exp is not a number of seconds"
	}
	return ""
}

func decodeSegment(segment string, into any) bool {
	b, err := base64.RawURLEncoding.DecodeString(segment)
	return err == nil && json.Unmarshal(b, into) == nil
}

// API Gateway's own authorizer accepts RS256 and none of our other algorithms,
// which is why RS256 can be chosen.
func TestAPIGatewaysAuthorizerTakesRS256(t *testing.T) {
	t.Parallel()
	for alg, want := range map[keyring.Algorithm]string{keyring.RS256: "", keyring.ES256: "only RSA-based algorithms are supported"} {
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			v := newService(t, postgrestest.URL(t), secret(
				"JWT_KEYS", newRing(t, alg), "JWT_AUDIENCE", "https://orders.example.com", "JWT_CLAIMS", `{"scope":"orders:read"}`,
			))
			v.call("POST", "/api/user/register", "", account, 201)
			access := v.login(credentials)
			v.call("GET", "/api/user/user1", access, "", 200) // Roster asks for the same audience
			if got := gatewayRefuses(t, v.gateway, parameters["PUBLIC_URL"], "https://orders.example.com", access); got != want {
				t.Errorf("API Gateway would say: %q, want %q", got, want)
			}
			if got := gatewayRefuses(t, v.gateway, parameters["PUBLIC_URL"], "another", access); got == "" {
				t.Error("the audience does not matter")
			}
			var claims map[string]any
			if !decodeSegment(strings.Split(access, ".")[1], &claims) || claims["scope"] != "orders:read" {
				t.Errorf("claims %v", claims)
			}
		})
	}
}
