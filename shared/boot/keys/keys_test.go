package keys_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"roster/shared/aws/secrets"
	"roster/shared/boot/keys"
	"roster/shared/boot/settings"
	"roster/shared/credential/keyring"
	"roster/shared/fault"
)

// canary is in what must never be shown.
const canary = "canary-0123456789"

// fakeSecret is a secret that the test changes.
type fakeSecret struct {
	values map[string]string
	err    error
	checks []func(map[string]string) error
}

func (s *fakeSecret) Require(valid func(map[string]string) error) { s.checks = append(s.checks, valid) }

func (s *fakeSecret) Get(context.Context) (map[string]string, error) {
	return maps.Clone(s.values), s.err
}

func (s *fakeSecret) Refresh(ctx context.Context) (map[string]string, error) { return s.Get(ctx) }

func newRing(t *testing.T) string {
	t.Helper()
	k, err := keyring.Generate(keyring.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	b, err := keyring.NewRing(k, time.Now()).JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wantRing checks that the ring is the one that the text holds, "" for none.
func wantRing(t *testing.T, live *keys.Live, text, when string) *keyring.Ring {
	t.Helper()
	r, err := live.Ring(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	got := ""
	if r != nil {
		b, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		got = string(b)
	}
	if got != text {
		t.Errorf("%s: the ring is another one", when)
	}
	return r
}

func TestTheRingFollowsTheSecret(t *testing.T) {
	t.Parallel()
	one, other := newRing(t), newRing(t)
	s := &fakeSecret{values: map[string]string{"JWT_KEYS": one}}
	env := settings.WithSecret(t.Context(), map[string]string{}, s)
	live := keys.New(env)
	if err := env.Check(); err != nil {
		t.Fatal(err)
	}
	first := wantRing(t, live, one, "at first")
	if again := wantRing(t, live, one, "the second time"); again != first {
		t.Error("the same text is parsed twice")
	}
	s.values["JWT_KEYS"] = other
	wantRing(t, live, other, "after a rotation")
	delete(s.values, "JWT_KEYS")
	wantRing(t, live, "", "after its removal")
	s.values["JWT_KEYS"] = one
	wantRing(t, live, one, "after its return")
}

func TestTheRingMayComeFromTheEnvironment(t *testing.T) {
	t.Parallel()
	one := newRing(t)
	wantRing(t, keys.New(settings.FromMap(map[string]string{"JWT_KEYS": one})), one, "from a variable")
	wantRing(t, keys.New(settings.FromMap(map[string]string{})), "", "without one")
}

func TestABadRingStopsTheStart(t *testing.T) {
	t.Parallel()
	env := settings.FromMap(map[string]string{"JWT_KEYS": `{"keys":"` + canary + `"}`})
	keys.New(env)
	err := env.Check()
	if err == nil || !strings.Contains(err.Error(), "JWT_KEYS (is not a ring of keys: ") || strings.Contains(err.Error(), canary) {
		t.Errorf("%v", err)
	}
}

// A secret whose JWT_KEYS is not a ring must not be used, so that the last good
// one stays in use.
func TestASecretWithABadRingIsNotUsed(t *testing.T) {
	t.Parallel()
	s := &fakeSecret{values: map[string]string{"JWT_KEYS": newRing(t)}}
	live := keys.New(settings.WithSecret(t.Context(), map[string]string{}, s))
	if len(s.checks) != 1 {
		t.Fatalf("%d checks were added to the secret, want 1", len(s.checks))
	}
	for text, valid := range map[string]bool{s.values["JWT_KEYS"]: true, "": true, canary: false, `{"keys":[]}`: false} {
		err := s.checks[0](map[string]string{"JWT_KEYS": text})
		if (err == nil) != valid || err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%q: %v", text, err)
		}
	}
	s.values["JWT_KEYS"] = canary // as from a secret that ignores the check
	wantUnavailable(t, live)
}

func TestAnUnreadableSecretIsUnavailable(t *testing.T) {
	t.Parallel()
	s := &fakeSecret{values: map[string]string{"JWT_KEYS": newRing(t)}}
	live := keys.New(settings.WithSecret(t.Context(), map[string]string{}, s))
	s.err = secrets.ErrUnavailable
	wantUnavailable(t, live)
	s.err = nil
	wantRing(t, live, s.values["JWT_KEYS"], "after the outage")
}

func wantUnavailable(t *testing.T, live *keys.Live) {
	t.Helper()
	r, err := live.Ring(t.Context())
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.Unavailable || e.RetryAfter <= 0 || r != nil {
		t.Errorf("%v, %v; want Unavailable", r, err)
	}
}

// The rotation must wait for as long as package secrets lets an instance use an
// old secret.
func TestTheRotationWaitsForTheOldestSecretInUse(t *testing.T) {
	t.Parallel()
	if secrets.UsableFor > keyring.MaxSecretAge {
		t.Errorf("a secret may be used for %v after it was read, and the rotation waits for %v", secrets.UsableFor, keyring.MaxSecretAge)
	}
}

// A function that only verifies has a copy without private keys. Where both are
// there, the whole ring counts.
func TestTheRingMayBeAPublicCopy(t *testing.T) {
	t.Parallel()
	whole, other := newRing(t), newRing(t)
	ring, err := keyring.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ring.PublicJSON()
	if err != nil {
		t.Fatal(err)
	}
	copied := string(b)
	for name, c := range map[string]struct {
		values map[string]string
		kid    string
		signs  bool
	}{
		"the copy":             {map[string]string{"JWT_PUBLIC_KEYS": copied}, ring.Keys[0].ID, false},
		"both":                 {map[string]string{"JWT_PUBLIC_KEYS": copied, "JWT_KEYS": whole}, ring.Keys[0].ID, true},
		"a copy of another":    {map[string]string{"JWT_PUBLIC_KEYS": copied, "JWT_KEYS": other}, "", true},
		"neither, nothing bad": {map[string]string{}, "", false},
	} {
		e := settings.FromMap(c.values)
		got, err := keys.New(e).Ring(t.Context())
		if err != nil || e.Check() != nil || (got == nil) != (len(c.values) == 0) {
			t.Errorf("%s: %v, %v, %v", name, got, err, e.Check())
			continue
		}
		if got != nil && (c.kid != "" && got.Keys[0].ID != c.kid || (got.Keys[0].Private() != nil) != c.signs) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, bad := range []string{whole, "{}", canary} {
		e := settings.FromMap(map[string]string{"JWT_PUBLIC_KEYS": bad})
		keys.New(e)
		if err := e.Check(); err == nil || !strings.Contains(err.Error(), "JWT_PUBLIC_KEYS (is not a ring of keys: ") || strings.Contains(err.Error(), canary) {
			t.Errorf("%v", err)
		}
	}
}
