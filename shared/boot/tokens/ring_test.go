package tokens_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"roster/shared/boot"
	"roster/shared/boot/settings"
	"roster/shared/boot/tokens"
	"roster/shared/credential/keyring"
	"roster/shared/fault"
	"roster/shared/request"
)

// ringOf returns a ring as JSON, whose only key signs. The key may be wrapped.
func ringOf(t *testing.T, k keyring.Key) string {
	t.Helper()
	b, err := keyring.NewRing(k, time.Now().Add(-time.Hour)).JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func generate(t *testing.T) keyring.Key {
	t.Helper()
	k, err := keyring.Generate(keyring.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mustBeUsable(t *testing.T, e *boot.Environment) {
	t.Helper()
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
}

// segment decodes the header (0) or the claims (1) of a token.
func segment(t *testing.T, raw string, i int) (m map[string]any) {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[i])
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAccessSignsWithTheRing(t *testing.T) {
	t.Parallel()
	k := generate(t)
	// With a ring that signs, no shared secret is needed.
	e := env("ROOT_KEY", "", "JWT_KEYS", ringOf(t, k), "JWT_AUDIENCE", "https://api.example.com", "JWT_CLAIMS", `{"tenant":"acme"}`)
	a := tokens.New(e)
	mustBeUsable(t, e)
	raw, _, err := issue(t.Context(), a, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if header := segment(t, raw, 0); header["alg"] != "ES256" || header["kid"] != k.ID {
		t.Errorf("header %v", header)
	}
	claims := segment(t, raw, 1)
	if aud, _ := claims["aud"].([]any); len(aud) != 1 || aud[0] != "https://api.example.com" || claims["tenant"] != "acme" ||
		claims["role"] != "USER" {
		t.Errorf("claims %v", claims)
	}
	want := request.Caller{UUID: subject, Session: session, TokenVersion: 7}
	if c, err := a.Verify(t.Context(), raw, time.Now()); err != nil || c != want {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestBadTokenSettingsAreRejected(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, want string }{
		{"JWT_KEYS", "{}", "JWT_KEYS (is not a ring of keys: it has 0 keys, and must have 1 to 10)"},
		{"JWT_AUDIENCE", "two words", "JWT_AUDIENCE must be 1 to 128 characters without spaces"},
		{"JWT_AUDIENCE", strings.Repeat("a", 129), "JWT_AUDIENCE must be 1 to 128 characters without spaces"},
		{"JWT_CLAIMS", `{"sub":"x"}`, "JWT_CLAIMS must not set sub"},
		{"JWT_CLAIMS", "tenant=acme", "JWT_CLAIMS must be a JSON object of claims"},
	} {
		e := env(c.name, c.value)
		tokens.New(e)
		if err := e.Check(); err == nil || err.Error() != "the configuration is not usable: "+c.want {
			t.Errorf("%s=%.20s: %v, want %s", c.name, c.value, err, c.want)
		}
	}
}

// fakeSecret is a secret that the test changes.
type fakeSecret struct {
	values map[string]string
	err    error
}

func (s *fakeSecret) Require(func(map[string]string) error) {}
func (s *fakeSecret) Get(context.Context) (map[string]string, error) {
	return map[string]string{jwtKeys: s.values[jwtKeys]}, s.err
}

func (s *fakeSecret) Refresh(ctx context.Context) (map[string]string, error) { return s.Get(ctx) }

func TestKeysThatCannotBeReadAreUnavailable(t *testing.T) {
	t.Parallel()
	s := &fakeSecret{values: map[string]string{jwtKeys: ringOf(t, generate(t))}}
	a := tokens.New(&boot.Environment{Environment: settings.WithSecret(t.Context(), map[string]string{"PUBLIC_URL": origin}, s)})
	raw, _, err := issue(t.Context(), a, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s.err = errors.New("an outage")
	if _, _, err := issue(t.Context(), a, time.Now()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("Issue: %v", err)
	}
	if _, err := a.Verify(t.Context(), raw, time.Now()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("Verify: %v", err)
	}
	s.err = nil
	if _, err := a.Verify(t.Context(), raw, time.Now()); err != nil {
		t.Error(err)
	}
	if _, err := a.Verify(t.Context(), raw+"x", time.Now()); err == nil || errors.Is(err, fault.Unavailable) {
		t.Errorf("a bad token: %v", err)
	}
}

// fakeKMS unwraps the keys that the test gives it, and counts the calls.
type fakeKMS struct {
	pkcs8 map[string][]byte // by kid and wrapped form
	calls int
	err   error
}

func (f *fakeKMS) Unwrap(_ context.Context, kid string, wrapped []byte) ([]byte, error) {
	f.calls++
	return f.pkcs8[kid+" "+string(wrapped)], f.err
}

func TestAWrappedKeyIsUnwrappedOnce(t *testing.T) {
	t.Parallel()
	k, other := generate(t), generate(t)
	pkcs8, err := k.PKCS8()
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := other.PKCS8()
	if err != nil {
		t.Fatal(err)
	}
	e := env("JWT_KEYS", ringOf(t, k.Wrap([]byte("wrapped"))))
	kms := &fakeKMS{pkcs8: map[string][]byte{k.ID + " wrapped": pkcs8}, err: errors.New("an outage of KMS")}
	a := tokens.NewWithUnwrapper(e, kms)
	mustBeUsable(t, e)
	if _, _, err := issue(t.Context(), a, time.Now()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("in an outage of KMS: %v", err)
	}
	kms.err = nil
	for range 3 {
		raw, _, err := issue(t.Context(), a, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tokens.New(env("JWT_KEYS", ringOf(t, k))).Verify(t.Context(), raw, time.Now()); err != nil {
			t.Error(err)
		}
	}
	if kms.calls != 2 {
		t.Errorf("%d calls to KMS, want the failed one and one more", kms.calls)
	}
	verifier := tokens.New(e) // without KMS it verifies tokens, but cannot issue any
	raw, _, err := issue(t.Context(), a, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(t.Context(), raw, time.Now()); err != nil {
		t.Error(err)
	}
	if raw, _, err := issue(t.Context(), verifier, time.Now()); err == nil || raw != "" {
		t.Errorf("issued without the private key: %q", raw)
	}
	swapped := tokens.NewWithUnwrapper(e, &fakeKMS{pkcs8: map[string][]byte{k.ID + " wrapped": wrong}})
	if _, _, err := issue(t.Context(), swapped, time.Now()); err == nil || errors.Is(err, fault.Unavailable) {
		t.Errorf("the private key of another public key: %v", err)
	}
}

// checkedSecret remembers the checks of what is read from it.
type checkedSecret struct {
	fakeSecret
	checks []func(map[string]string) error
}

func (s *checkedSecret) Require(valid func(map[string]string) error) {
	s.checks = append(s.checks, valid)
}

func (s *checkedSecret) Get(context.Context) (map[string]string, error) {
	return maps.Clone(s.values), nil
}

func (s *checkedSecret) accepts(values map[string]string) bool {
	for _, valid := range s.checks {
		if valid(maps.Clone(values)) != nil {
			return false
		}
	}
	return true
}

// A function that has nothing but the ring must not take a secret without one: it
// would answer 401 to everybody. It goes on with the last good ring.
func TestAReadingWithoutKeysIsNotUsed(t *testing.T) {
	t.Parallel()
	whole, err := keyring.Parse(ringOf(t, generate(t)))
	if err != nil {
		t.Fatal(err)
	}
	public, err := whole.PublicJSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range map[string]map[string]string{
		"a verifier": {"JWT_PUBLIC_KEYS": string(public)},
		"a signer":   {jwtKeys: ringOf(t, generate(t)), "ROOT_KEY": rootKey},
	} {
		s := &checkedSecret{fakeSecret: fakeSecret{values: values}}
		e := &boot.Environment{Environment: settings.WithSecret(t.Context(), map[string]string{"PUBLIC_URL": origin}, s)}
		tokens.New(e)
		mustBeUsable(t, e)
		if !s.accepts(values) || !s.accepts(map[string]string{"JWT_SECRET_KEY": rootKey}) {
			t.Errorf("%s refuses good values", name)
		}
		if got := s.accepts(map[string]string{"OTHER": "x"}); got {
			t.Errorf("%s takes values without any key", name)
		}
	}
}
