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

// canary stands for what must never be shown.
const canary = "canary-0123456789"

// source is a secret of the test's own.
type source struct {
	values map[string]string
	err    error
	good   []func(map[string]string) error
}

func (s *source) Require(good func(map[string]string) error) { s.good = append(s.good, good) }

func (s *source) Get(context.Context) (map[string]string, error) {
	return maps.Clone(s.values), s.err
}

func (s *source) Refresh(ctx context.Context) (map[string]string, error) { return s.Get(ctx) }

func newRing(t *testing.T) string {
	t.Helper()
	k, err := keyring.Generate(keyring.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	b, err := keyring.Begin(k, time.Now()).JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func holds(t *testing.T, live *keys.Live, text, when string) *keyring.Ring {
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
		t.Errorf("%s: another ring", when)
	}
	return r
}

func TestTheRingFollowsTheSecret(t *testing.T) {
	t.Parallel()
	one, other := newRing(t), newRing(t)
	s := &source{values: map[string]string{"JWT_KEYS": one}}
	env := settings.WithSecret(t.Context(), map[string]string{}, s)
	live := keys.New(env)
	if err := env.Check(); err != nil {
		t.Fatal(err)
	}
	first := holds(t, live, one, "at first")
	if again := holds(t, live, one, "again"); again != first {
		t.Error("the same text is read twice")
	}
	s.values["JWT_KEYS"] = other
	holds(t, live, other, "after a rotation")
	delete(s.values, "JWT_KEYS")
	holds(t, live, "", "after its removal")
	s.values["JWT_KEYS"] = one
	holds(t, live, one, "after its return")
}

func TestTheRingOfTheEnvironment(t *testing.T) {
	t.Parallel()
	one := newRing(t)
	holds(t, keys.New(settings.FromMap(map[string]string{"JWT_KEYS": one})), one, "from a variable")
	holds(t, keys.New(settings.FromMap(map[string]string{})), "", "without one")
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

// What is no ring must not count as a reading of the secret, so that the last
// good one goes on serving.
func TestABadRingIsNoReading(t *testing.T) {
	t.Parallel()
	s := &source{values: map[string]string{"JWT_KEYS": newRing(t)}}
	live := keys.New(settings.WithSecret(t.Context(), map[string]string{}, s))
	if len(s.good) != 1 {
		t.Fatalf("%d conditions", len(s.good))
	}
	for text, good := range map[string]bool{s.values["JWT_KEYS"]: true, "": true, canary: false, `{"keys":[]}`: false} {
		err := s.good[0](map[string]string{"JWT_KEYS": text})
		if (err == nil) != good || err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%q: %v", text, err)
		}
	}
	s.values["JWT_KEYS"] = canary // a secret without conditions
	unavailable(t, live)
}

func TestAnUnreadableSecretIsUnavailable(t *testing.T) {
	t.Parallel()
	s := &source{values: map[string]string{"JWT_KEYS": newRing(t)}}
	live := keys.New(settings.WithSecret(t.Context(), map[string]string{}, s))
	s.err = secrets.ErrUnavailable
	unavailable(t, live)
	s.err = nil
	holds(t, live, s.values["JWT_KEYS"], "after the outage")
}

func unavailable(t *testing.T, live *keys.Live) {
	t.Helper()
	r, err := live.Ring(t.Context())
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.Unavailable || e.RetryAfter <= 0 || r != nil {
		t.Errorf("%v, %v; want Unavailable", r, err)
	}
}

// The rotation waits for as long as package secrets lets a reading serve.
func TestTheRotationKnowsTheGreatestAge(t *testing.T) {
	t.Parallel()
	if secrets.UsableFor > keyring.SecretAge {
		t.Errorf("a reading may serve for %v, and the rotation counts on %v", secrets.UsableFor, keyring.SecretAge)
	}
}
