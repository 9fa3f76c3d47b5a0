// These tests show access tokens and published keys to libraries that nobody
// here wrote: github.com/coreos/go-oidc, and npm's jose. They are a module of
// their own, so that Roster itself needs neither. Run them with make interop.
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

// secret is a deployment's, whose ring of keys changes.
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

// issuer is what issues tokens and publishes keys, over HTTP.
type issuer struct {
	*httptest.Server
	*tokens.Access
	secret *secret
	alg    keyring.Algorithm
}

func newIssuer(t *testing.T, alg keyring.Algorithm) *issuer {
	t.Helper()
	i := &issuer{secret: &secret{ring: keyring.Begin(newKey(t, alg), time.Now())}, alg: alg}
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

// rotate makes all moves of a rotation that would take hours.
func (i *issuer) rotate(t *testing.T) {
	t.Helper()
	i.secret.mu.Lock()
	defer i.secret.mu.Unlock()
	p := keyring.Policy{Make: func() (keyring.Key, error) { return newKey(t, i.alg), nil }}
	now := time.Now().Add(-keyring.Settle)
	var err error
	for range 2 {
		if i.secret.ring, _, err = i.secret.ring.Step(now, p, true); err != nil {
			t.Fatal(err)
		}
		now = now.Add(keyring.Settle)
	}
}

// broken is a token with another signature.
func broken(raw string) string {
	at, other := strings.LastIndexByte(raw, '.')+10, "A"
	if raw[at] == 'A' {
		other = "B"
	}
	return raw[:at] + other + raw[at+1:]
}

func TestGoOIDC(t *testing.T) {
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
			i.accepted(t, verifier, first) // by the retired key
			for name, c := range map[string]struct {
				verifier *oidc.IDTokenVerifier
				raw      string
			}{
				"another signature": {verifier, broken(second)},
				"another audience":  {provider.Verifier(&oidc.Config{ClientID: "another"}), second},
				"another issuer":    {verifier, newIssuer(t, alg).token(t)},
				"later":             {provider.Verifier(&oidc.Config{ClientID: audience, Now: func() time.Time { return time.Now().Add(time.Hour) }}), second},
			} {
				if got, err := c.verifier.Verify(t.Context(), c.raw); err == nil {
					t.Errorf("%s: taken as %+v", name, got)
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
	if err := got.Claims(&claims); err != nil || got.Subject != subject.UUID || claims.Sid != subject.Session || claims.Role != "ADMIN" || claims.Scope != "orders:read" {
		t.Errorf("%+v, %+v, %v", got, claims, err)
	}
}

// jose runs verify.mjs, which says what it makes of each token.
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
	var said []string
	if err := json.Unmarshal(out, &said); err != nil || len(said) != len(raw) {
		t.Fatalf("%v: %s", err, out)
	}
	return said
}

func TestJose(t *testing.T) {
	t.Parallel()
	for _, alg := range []keyring.Algorithm{keyring.ES256, keyring.EdDSA, keyring.RS256} {
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t, alg)
			first := i.token(t)
			i.rotate(t)
			second := i.token(t)
			said := jose(t, i, audience, first, second, broken(second), newIssuer(t, alg).token(t))
			good := subject.UUID + " " + subject.Session + " ADMIN"
			if said[0] != good || said[1] != good {
				t.Errorf("it says %q of good tokens", said[:2])
			}
			if said[2] != "refused ERR_JWS_SIGNATURE_VERIFICATION_FAILED" || !strings.HasPrefix(said[3], "refused ") {
				t.Errorf("it says %q of bad ones", said[2:])
			}
			if said := jose(t, i, "another", second); said[0] != "refused ERR_JWT_CLAIM_VALIDATION_FAILED" {
				t.Errorf("it says %q of another's", said)
			}
		})
	}
}
