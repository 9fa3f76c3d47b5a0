// These tests verify access tokens and published keys with the libraries of
// others: github.com/coreos/go-oidc, and npm's jose. They are in a module of their
// own, so that Roster itself requires neither. Run them with make interop.
package interop_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"roster/shared/api"
	"roster/shared/boot"
	"roster/shared/boot/keys"
	"roster/shared/boot/settings"
	"roster/shared/boot/tokens"
	"roster/shared/credential/keyring"
	"roster/shared/user"
)

const audience = "https://orders.example.com"

var subject = user.Subject{
	UUID: "01939e6e-5a7c-7bd0-8f0e-3a1f5d0c9b42", Session: "01939e6e-5a7c-7bd0-8f0e-3a1f5d0c9b43", TokenVersion: 7, Role: user.RoleAdmin,
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	m.Run()
}

// secret plays the secret of a deployment. The test changes its key ring.
type secret struct {
	mu   sync.Mutex
	ring *keyring.Ring
}

func (s *secret) Require(func(map[string]string) error) {}

func (s *secret) Get(context.Context) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.ring.JSON()
	return map[string]string{"JWT_KEYS": string(b)}, err
}

func (s *secret) Refresh(ctx context.Context) (map[string]string, error) { return s.Get(ctx) }

// issuer issues tokens, and publishes its keys over HTTP.
type issuer struct {
	*httptest.Server
	*tokens.Access
	secret *secret
	alg    keyring.Algorithm
}

func newIssuer(t *testing.T, alg keyring.Algorithm) *issuer {
	t.Helper()
	i := &issuer{secret: &secret{ring: keyring.NewRing(newKey(t, alg), time.Now())}, alg: alg}
	mux := http.NewServeMux()
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	values := map[string]string{"PUBLIC_URL": i.URL, "JWT_AUDIENCE": audience, "JWT_CLAIMS": `{"scope":"orders:read"}`}
	env := &boot.Environment{Environment: settings.WithSecret(t.Context(), maps.Clone(values), i.secret)}
	i.Access = tokens.New(env)
	mux.Handle("GET /.well-known/", api.JWKS(keys.New(env.Environment), i.URL))
	if err := env.Check(); err != nil {
		t.Fatal(err)
	}
	return i
}

func newKey(t *testing.T, alg keyring.Algorithm) keyring.Key {
	t.Helper()
	k, err := keyring.Generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (i *issuer) token(t *testing.T) string {
	t.Helper()
	issue, err := i.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, _, err := issue(subject, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// rotate makes a rotation of the keys that takes hours in a deployment.
func (i *issuer) rotate(t *testing.T) {
	t.Helper()
	i.secret.mu.Lock()
	defer i.secret.mu.Unlock()
	p := keyring.Policy{Generate: func() (keyring.Key, error) { return newKey(t, i.alg), nil }}
	now := time.Now().Add(-keyring.PropagationTime)
	var err error
	for range 2 {
		if i.secret.ring, _, err = i.secret.ring.Rotate(now, p, true); err != nil {
			t.Fatal(err)
		}
		now = now.Add(keyring.PropagationTime)
	}
}

// withBadSignature returns the token with one character of its signature changed.
func withBadSignature(raw string) string {
	at, other := strings.LastIndexByte(raw, '.')+10, "A"
	if raw[at] == 'A' {
		other = "B"
	}
	return raw[:at] + other + raw[at+1:]
}

func TestGoOIDCVerifiesTokensAcrossARotation(t *testing.T) {
	t.Parallel()
	for _, alg := range []keyring.Algorithm{keyring.ES256, keyring.EdDSA, keyring.RS256} {
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t, alg)
			provider, err := oidc.NewProvider(t.Context(), i.URL)
			if err != nil {
				t.Fatal(err)
			}
			verifier := provider.Verifier(&oidc.Config{ClientID: audience})
			first := i.token(t)
			i.accepted(t, verifier, first)
			i.rotate(t)
			second := i.token(t)
			if strings.Split(first, ".")[0] == strings.Split(second, ".")[0] {
				t.Error("the key did not change")
			}
			i.accepted(t, verifier, second)
			i.accepted(t, verifier, first) // with the retired key
			for name, c := range map[string]struct {
				verifier *oidc.IDTokenVerifier
				raw      string
			}{
				"a bad signature":  {verifier, withBadSignature(second)},
				"another audience": {provider.Verifier(&oidc.Config{ClientID: "another"}), second},
				"another issuer":   {verifier, newIssuer(t, alg).token(t)},
				"later": {provider.Verifier(&oidc.Config{
					ClientID: audience,
					Now:      func() time.Time { return time.Now().Add(time.Hour) },
				}), second},
			} {
				if got, err := c.verifier.Verify(t.Context(), c.raw); err == nil {
					t.Errorf("%s: accepted as %+v", name, got)
				}
			}
		})
	}
}

func (i *issuer) accepted(t *testing.T, v *oidc.IDTokenVerifier, raw string) {
	t.Helper()
	got, err := v.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Sid, Role, Scope string }
	if err := got.Claims(&claims); err != nil || got.Subject != subject.UUID || claims.Sid != subject.Session ||
		claims.Role != "ADMIN" || claims.Scope != "orders:read" {
		t.Errorf("%+v, %+v, %v", got, claims, err)
	}
}

// jose runs verify.mjs and returns its result for each token.
func jose(t *testing.T, i *issuer, audience string, raw ...string) []string {
	t.Helper()
	if _, err := os.Stat("node_modules/jose"); err != nil {
		t.Fatal("npm's jose is not installed here; run make interop, which installs it")
	}
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"verify.mjs", i.URL, audience}, raw...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var results []string
	if err := json.Unmarshal(out, &results); err != nil || len(results) != len(raw) {
		t.Fatalf("%v: %s", err, out)
	}
	return results
}

func TestJoseVerifiesTokensAcrossARotation(t *testing.T) {
	t.Parallel()
	for _, alg := range []keyring.Algorithm{keyring.ES256, keyring.EdDSA, keyring.RS256} {
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t, alg)
			first := i.token(t)
			i.rotate(t)
			second := i.token(t)
			got := jose(t, i, audience, first, second, withBadSignature(second), newIssuer(t, alg).token(t))
			accepted := subject.UUID + " " + subject.Session + " ADMIN"
			if got[0] != accepted || got[1] != accepted {
				t.Errorf("valid tokens: %q", got[:2])
			}
			if got[2] != "refused ERR_JWS_SIGNATURE_VERIFICATION_FAILED" || !strings.HasPrefix(got[3], "refused ") {
				t.Errorf("a bad signature and another issuer: %q", got[2:])
			}
			if got := jose(t, i, "another", second); got[0] != "refused ERR_JWT_CLAIM_VALIDATION_FAILED" {
				t.Errorf("another audience: %q", got)
			}
		})
	}
}
