package token_test

import (
	"strings"
	"testing"

	"roster/shared/token"
)

// Whatever Verify takes for good is, byte for byte, a token under our key.
func FuzzVerify(f *testing.F) {
	good := issue(f)
	parts := strings.Split(good, ".")
	f.Add(good)
	f.Add(good + "\n")
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add(sign(segment(f, goodHeader().with("alg", "none")), parts[1]))
	f.Add(sign(parts[0], segment(f, goodClaims().with("aud", []string{}))))
	f.Add(strings.Repeat(".", 100))
	s := signer()
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := s.Verify(raw, now)
		if err != nil {
			if c != (token.Claims{}) {
				t.Errorf("refused, and yet %+v", c)
			}
			return
		}
		parts := strings.Split(raw, ".")
		if len(parts) != 3 || sign(parts[0], parts[1]) != raw || c.Subject == "" || c.Role == "" || c.Version < 1 {
			t.Errorf("accepted %q", raw)
		}
	})
}

// The claims come from outside when another program has our key.
func FuzzSignedClaims(f *testing.F) {
	f.Add(`{"alg":"HS256","typ":"at+jwt"}`, `{"exp":1e999,"aud":["roster"]}`)
	f.Add(`{"alg":"HS256","typ":"at+jwt","crit":[]}`, `{"ver":9223372036854775807}`)
	s := signer()
	f.Fuzz(func(t *testing.T, header, claims string) {
		c, err := s.Verify(sign(encode([]byte(header)), encode([]byte(claims))), now)
		if err == nil && (c.Subject == "" || c.Role == "" || c.Version < 1) {
			t.Errorf("accepted %s %s as %+v", header, claims, c)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	raw, s := issue(b), signer()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Verify(raw, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyRefusesDots(b *testing.B) {
	raw, s := strings.Repeat(".", 1<<20), token.NewHS256([]byte(secret), issuer, audience)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Verify(raw, now); err == nil {
			b.Fatal("accepted")
		}
	}
}
