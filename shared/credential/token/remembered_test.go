package token_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"roster/shared/credential/keyring"
	"roster/shared/credential/token"
)

// A token that is remembered is judged as at its first use: by the clock and by
// its key.
func TestARememberedTokenEndsAsAnyOther(t *testing.T) {
	t.Parallel()
	for _, m := range signingMethods() {
		s, raw := m.signer, issueBy(t, m.signer)
		for _, c := range []struct {
			after time.Duration
			ok    bool
		}{
			{0, true},
			{token.Lifetime + token.Leeway - time.Second, true},
			{token.Lifetime + token.Leeway, false},
			{0, true}, // a clock that was set back
			{-token.Leeway, true},
			{-token.Leeway - time.Second, false},
			{24 * time.Hour, false},
			{time.Minute, true},
		} {
			got, err := s.Verify(raw, now.Add(c.after))
			if (err == nil) != c.ok || c.ok && got != issuedTo || !c.ok && got != (token.Claims{}) {
				t.Errorf("%s, %v after it was issued: %+v, %v; want accepted: %v", m.name, c.after, got, err, c.ok)
			}
		}
		if s.Remembered() == 0 {
			t.Errorf("%s: the token is not remembered, so nothing was tested", m.name)
		}
	}
}

// The key of the first ring is retired so long that its tokens are refused, also
// those that are remembered.
func TestARememberedTokenEndsWithItsKey(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		k := current(rings()[alg])
		signs := token.New(profile(), token.Keys{Ring: &keyring.Ring{Keys: []keyring.Key{k}}, Private: k.Private()})
		raw := issueBy(t, signs)
		k.State, k.RetiredAt = keyring.Retired, now.Add(time.Minute-keyring.GracePeriod)
		s := token.New(profile(), token.Keys{Ring: &keyring.Ring{Keys: []keyring.Key{k}}})
		if _, err := s.Verify(raw, now); err != nil || s.Remembered() != 1 {
			t.Fatalf("%s: in the grace period: %v, %d remembered", alg, err, s.Remembered())
		}
		wantRefusal(t, string(alg), s, raw, now.Add(time.Minute))
	}
}

func TestARememberedTokenEndsWithTheSharedSecret(t *testing.T) {
	t.Parallel()
	r := *rings()[keyring.ES256]
	r.HS256Until = now.Add(time.Minute)
	s, raw := token.New(profile(), token.Keys{Ring: &r, Secret: []byte(secret)}), issue(t)
	if _, err := s.Verify(raw, now); err != nil || s.Remembered() != 1 {
		t.Fatalf("while the secret is accepted: %v, %d remembered", err, s.Remembered())
	}
	wantRefusal(t, "the secret has ended", s, raw, now.Add(time.Minute))
}

// Only the whole token is the one that was accepted, and only for the service that
// has accepted it.
func TestATokenLikeARememberedOneIsRefused(t *testing.T) {
	t.Parallel()
	for _, m := range signingMethods() {
		s, raw := m.signer, issueBy(t, m.signer)
		if _, err := s.Verify(raw, now); err != nil {
			t.Fatal(err)
		}
		for i := range len(raw) {
			flipped := []byte(raw)
			flipped[i] ^= 1
			wantRefusal(t, m.name, s, string(flipped), now)
		}
		parts := strings.Split(raw, ".")
		wantRefusal(t, m.name+", no signature", s, parts[0]+"."+parts[1]+".", now)
		wantRefusal(t, m.name+", another service", token.NewHS256([]byte(strings.ToUpper(secret)), issuer, audience), raw, now)
	}
}

func TestMemoryForTokensIsBounded(t *testing.T) {
	t.Parallel()
	s := signer()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range token.MaxRemembered {
				raw, _, err := s.Issue(issuedTo, now)
				if err != nil {
					t.Error(err)
					return
				}
				for range 2 {
					if c, err := s.Verify(raw, now); err != nil || c != issuedTo {
						t.Errorf("%+v, %v", c, err)
					}
				}
			}
		})
	}
	group.Wait()
	if n := s.Remembered(); n < token.MaxRemembered/2 || n > token.MaxRemembered {
		t.Errorf("%d tokens are remembered of %d, want at most %d", n, 8*token.MaxRemembered, token.MaxRemembered)
	}
	long := forge(t, validHeader(), validClaims().with("sub", strings.Repeat("a", 2000)).with("jti", fmt.Sprint(now)))
	before := signer()
	if _, err := before.Verify(long, now); err == nil && before.Remembered() > 0 {
		t.Error("a token with a long subject is remembered")
	}
}

// Each loop accepts what its regular expression does.
func FuzzForms(f *testing.F) {
	for _, s := range []string{"", "a.b.c", "a..c", "a.b.c.d", "é.b.c", session, strings.ToUpper(session), session[:35], "USER", "user", "U" + strings.Repeat("_", 32)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, form := range token.Forms() {
			if got, want := form.Loop(s), form.Pattern.MatchString(s); got != want {
				t.Errorf("%s: %q: %v, want %v", name, s, got, want)
			}
		}
	})
}
