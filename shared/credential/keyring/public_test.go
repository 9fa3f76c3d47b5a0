package keyring_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/credential/keyring"
)

// A copy for those who verify has the same keys, in the same states, and nothing
// that could sign.
func TestAPublicCopyVerifiesAndCannotSign(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		whole := ring(alg)
		whole.Keys[2] = whole.Keys[2].Wrap([]byte("wrapped"))
		text := publicJSON(t, whole)
		if strings.Contains(text, "private") || strings.Contains(text, "wrapped") {
			t.Fatalf("%s: the copy has a private key: %s", alg, text)
		}
		got, err := keyring.ParsePublic(text)
		if err != nil {
			t.Fatal(err)
		}
		for i, k := range got.Keys {
			want := whole.Keys[i]
			if k.ID != want.ID || k.State != want.State || k.Private() != nil || k.Wrapped != nil || !got.Has(k.ID) {
				t.Errorf("%s: %v, want %v", alg, k, want)
			}
			for _, at := range []time.Time{now, now.Add(keyring.GracePeriod)} {
				a, p, ok := got.Find(k.ID, at)
				wa, wp, wok := whole.Find(k.ID, at)
				if a != wa || ok != wok || !cmp.Equal(p, wp) {
					t.Errorf("%s at %v: found %v, want %v", k, at, ok, wok)
				}
			}
		}
		if again := publicJSON(t, got); again != text {
			t.Errorf("%s: written again it is another text", alg)
		}
		if _, err := keyring.Parse(text); err == nil {
			t.Errorf("%s: a signer takes the copy", alg)
		}
		if got.Has("another") {
			t.Error("it has a key that nobody made")
		}
	}
}

// A private key in the copy is a mistake that must be seen, not read.
func TestAPrivateKeyIsRefusedInAPublicCopy(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		r, err := keyring.ParsePublic(toJSON(t, ring(alg)))
		if r != nil || err == nil || !strings.Contains(err.Error(), "it has a private key") {
			t.Errorf("%s: %v, %v", alg, r, err)
		}
	}
}

func TestANextKeyMayBePublishedAgain(t *testing.T) {
	t.Parallel()
	before := ring(keyring.ES256)
	at := now.Add(keyring.PropagationTime - time.Second)
	after, changes := before.PublishAgain(at)
	if len(changes) != 1 || changes[0].Kind != "published" || changes[0].Key.ID != before.Keys[2].ID {
		t.Errorf("%v", changes)
	}
	if !before.Keys[2].CreatedAt.Equal(now) {
		t.Error("the old ring was changed")
	}
	policy := keyring.Policy{Generate: func() (keyring.Key, error) { return keyring.Key{}, nil }}
	for wait, want := range map[time.Duration]int{0: 0, keyring.PropagationTime - time.Second: 0, keyring.PropagationTime: 2} {
		_, due, err := after.Rotate(at.Add(wait), policy, false)
		signs := 0
		for _, c := range due {
			if c.Kind == "signs" || c.Kind == "retired" {
				signs++
			}
		}
		if err != nil || signs != want {
			t.Errorf("after %v: %v, %v", wait, due, err)
		}
	}
}

func publicJSON(t testing.TB, r *keyring.Ring) string {
	t.Helper()
	b, err := r.PublicJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func FuzzParsePublic(f *testing.F) {
	for _, alg := range algorithms {
		f.Add(publicJSON(f, ring(alg)))
		f.Add(toJSON(f, ring(alg)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := keyring.ParsePublic(text)
		if (r == nil) == (err == nil) {
			t.Fatalf("%v, %v", r, err)
		}
		if err != nil {
			return
		}
		for _, k := range r.Keys {
			if k.Private() != nil || k.Wrapped != nil {
				t.Errorf("%v has a private key", k)
			}
		}
		if again, err := keyring.ParsePublic(publicJSON(t, r)); err != nil || publicJSON(t, again) != publicJSON(t, r) {
			t.Errorf("it does not read what it wrote: %v", err)
		}
	})
}
