package rotation_test

import (
	"context"
	"errors"
	"testing"

	"roster/shared/aws/secrets"
	"roster/shared/credential/keyring"
	"roster/shared/job/rotation"
)

const publicARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:public-AbCdEf"

// interrupted is a store that calls a function before it makes its first change.
type interrupted struct {
	rotation.Store
	before func()
}

func (s *interrupted) Change(ctx context.Context, name string, compute func(map[string]string) (string, error)) error {
	return s.Store.Change(ctx, name, func(values map[string]string) (string, error) {
		value, err := compute(values)
		if value != "" && s.before != nil {
			before := s.before
			s.before = nil
			before() // what was computed is older now
		}
		return value, err
	})
}

// stores are two secrets: the keys', and one with the public keys.
func (d *deployment) stores() rotation.Stores {
	return rotation.Stores{Keys: secrets.Open(d.server.Config(), arn), Public: secrets.Open(d.server.Config(), publicARN)}
}

func (d *deployment) runWith(stores rotation.Stores, request rotation.Request) {
	d.t.Helper()
	if _, err := rotation.NewJob(stores, d.Settings, d.clock)(d.t.Context(), request); err != nil {
		d.t.Fatal(err)
	}
}

// wantCopy fails the test unless the copy has exactly the keys of the ring.
func (d *deployment) wantCopy() {
	d.t.Helper()
	values, err := secrets.ParseMembers(d.server.Secret(publicARN))
	if err != nil {
		d.t.Fatal(err)
	}
	text, err := d.ring().PublicJSON()
	if err != nil || values["JWT_PUBLIC_KEYS"] != string(text) {
		d.t.Errorf("%v: the copy is %s, and the ring %s", err, values["JWT_PUBLIC_KEYS"], text)
	}
	if _, err := keyring.ParsePublic(values["JWT_PUBLIC_KEYS"]); err != nil {
		d.t.Error(err)
	}
}

// A run that is slow to copy its ring must not put it over the one of a later run:
// all tokens would be refused until the next day.
func TestASlowRunDoesNotHideTheRingOfALaterOne(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	d.server.SetSecret(publicARN, `{}`)
	d.runWith(d.stores(), rotation.Request{First: true})
	d.wantCopy()
	slow := d.stores()
	slow.Public = &interrupted{Store: slow.Public, before: func() { d.runWith(d.stores(), rotation.Request{ReplaceAll: true}) }}
	d.runWith(slow, rotation.Request{Start: true})
	d.wantCopy()
	if key, ok := d.ring().Current(); !ok || len(d.ring().Keys) != 1 {
		t.Errorf("%v", key)
	}
}

// killed is a store that another run changes before its second use, which copies
// the ring. Lambda ends its own run right after that.
type killed struct {
	rotation.Store
	uses          int
	before, after func()
}

func (s *killed) Change(ctx context.Context, name string, compute func(map[string]string) (string, error)) error {
	if s.uses++; s.uses == 2 {
		s.before()
		defer s.after()
	}
	return s.Store.Change(ctx, name, compute)
}

// A slow run may end before it can see that another run was faster.
func TestASlowRunThatIsKilledDoesNotHideTheRingOfALaterOne(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	d.server.SetSecret(publicARN, `{}`)
	d.runWith(d.stores(), rotation.Request{First: true})
	ctx, cancel := context.WithCancel(t.Context())
	slow := d.stores()
	slow.Public = &killed{Store: slow.Public, before: func() { d.runWith(d.stores(), rotation.Request{ReplaceAll: true}) }, after: cancel}
	_, _ = rotation.NewJob(slow, d.Settings, d.clock)(ctx, rotation.Request{Start: true})
	d.wantCopy()
}

// Something may undo what a run wrote to the keys' secret, as a person who writes
// back what they have read before. Then a key signs again that is retired in the
// copy. The next run must come before the copy's readers refuse that key.
func TestAnUndoneRunIsRepairedBeforeAKeyIsRefused(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	d.server.SetSecret(publicARN, `{}`)
	d.runWith(d.stores(), rotation.Request{First: true})
	d.runWith(d.stores(), rotation.Request{Start: true})
	d.now = d.now.Add(keyring.PropagationTime)
	undone := d.server.Secret(arn)
	d.runWith(d.stores(), rotation.Request{})
	d.server.SetSecret(arn, undone)
	signer, _ := d.ring().Current()
	for range 3 {
		d.now = d.now.Add(keyring.RunInterval)
		readAt := d.now.Add(secrets.FreshFor)
		if _, _, ok := d.copied().Find(signer.ID, readAt); !ok {
			t.Errorf("those who verify refuse %v", signer)
		}
		d.runWith(d.stores(), rotation.Request{})
		d.wantCopy()
		signer, _ = d.ring().Current()
	}
}

func (d *deployment) copied() *keyring.Ring {
	d.t.Helper()
	values, err := secrets.ParseMembers(d.server.Secret(publicARN))
	if err != nil {
		d.t.Fatal(err)
	}
	ring, err := keyring.ParsePublic(values["JWT_PUBLIC_KEYS"])
	if err != nil {
		d.t.Fatal(err)
	}
	return ring
}

// The keys' secret may be replaced by another one, which does not have the API's
// address, and a person may write back an old version of it.
func TestTheKeysSecretGetsTheAddressAgain(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	d.server.SetSecret(publicARN, `{}`)
	d.runWith(d.stores(), rotation.Request{First: true, APIURL: "https://a1.example.com"})
	d.server.SetSecret(arn, initialSecret)
	d.runWith(d.stores(), rotation.Request{First: true})
	d.wantCopy()
	for _, secret := range []string{arn, publicARN} {
		values, err := secrets.ParseMembers(d.server.Secret(secret))
		if err != nil || values["API_URL"] != "https://a1.example.com" {
			t.Errorf("%s: the address is %q, %v", secret, values["API_URL"], err)
		}
	}
}

// Anything may happen to the copy. The next run makes it right.
func TestADamagedCopyIsMadeRight(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	for _, copied := range []string{`{}`, `{"JWT_PUBLIC_KEYS":"x"}`, `{"JWT_PUBLIC_KEYS":{"keys":[]},"OTHER":1}`} {
		d.server.SetSecret(publicARN, copied)
		d.runWith(d.stores(), rotation.Request{First: true})
		d.wantCopy()
	}
	d.server.SetSecret(publicARN, "[]")
	if _, err := rotation.NewJob(d.stores(), d.Settings, d.clock)(t.Context(), rotation.Request{Start: true}); !errors.Is(err, secrets.ErrMalformed) {
		t.Errorf("a copy that is no object: %v", err)
	}
	if len(d.ring().Keys) != 1 {
		t.Error("a key was published that those who verify cannot get")
	}
}

// The first key signs at once, but not where the operator has given a secret that
// signs.
func TestTheFirstKeySignsAtOnce(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	d.run(rotation.Request{First: true}, "signs")
	d.run(rotation.Request{First: true})
	d = newDeployment(t, initialSecret)
	d.SharedSecret = true
	d.run(rotation.Request{First: true})
	d.run(rotation.Request{})
	d.run(rotation.Request{Start: true}, "published")
}

// Functions that only verify have nothing but the ring: as long as no key of it
// signs, they refuse everybody. So a run of the function never waits with the
// first key, even if another run has already published one.
func TestARingWithoutASigningKeyGetsOneAtOnce(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	d.server.SetSecret(publicARN, `{}`)
	d.run(rotation.Request{}, "published")
	waiting := d.ring().Keys[0]
	d.runWith(d.stores(), rotation.Request{First: true})
	d.wantCopy()
	ring := d.ring()
	if key, signs := ring.Current(); !signs || ring.Has(waiting.ID) {
		t.Errorf("%v signs: %v", key, signs)
	}
	// The shared secret has signed until now.
	if !ring.AcceptsHS256(d.now.Add(keyring.MaxTokenAge)) || ring.AcceptsHS256(d.now.Add(keyring.GracePeriod)) {
		t.Errorf("tokens that the shared secret signed are accepted until %v", ring.HS256Until)
	}
	d.run(rotation.Request{First: true})
	d.server.SetSecret(arn, initialSecret)
	d.run(rotation.Request{First: true, ReplaceAll: true}, "signs")
	if d.ring().AcceptsHS256(d.now) {
		t.Error("a token of before is accepted although all keys were to be replaced")
	}
}
