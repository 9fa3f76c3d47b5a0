package token_test

import (
	"strings"
	"testing"

	"roster/shared/credential/token"
)

// Every token that Verify accepts is, byte for byte, one that our key signed.
func FuzzVerify(f *testing.F) {
	good := issue(f)
	parts := strings.Split(good, ".")
	f.Add(good)
	f.Add(good + "\n")
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add(sign(segment(f, validHeader().with("alg", "none")), parts[1]))
	f.Add(sign(parts[0], segment(f, validClaims().with("aud", []string{}))))
	f.Add(strings.Repeat(".", 100))
	s := signer()
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := s.Verify(raw, now)
		if err != nil {
			if c != (token.Claims{}) {
				t.Errorf("Verify returned an error and %+v", c)
			}
			return
		}
		parts := strings.Split(raw, ".")
		if len(parts) != 3 || sign(parts[0], parts[1]) != raw || c.Subject == "" || c.Role == "" || c.Version < 1 {
			t.Errorf("accepted %q", raw)
		}
	})
}

// With a ring, no input that the fuzzer finds without the private key is accepted.
func FuzzVerifyRing(f *testing.F) {
	for _, k := range signingMethods()[1:] {
		good := issueBy(f, k.signer)
		f.Add(strings.Replace(good, ".", ".e", 1))
		f.Add(good[:len(good)-20] + strings.Repeat("A", 20))
	}
	services := signingMethods()[1:]
	f.Fuzz(func(t *testing.T, raw string) {
		for _, k := range services {
			if c, err := k.signer.Verify(raw, now); err == nil || c != (token.Claims{}) {
				t.Errorf("%s accepted %q", k.name, raw)
			}
		}
	})
}

// Another program that has our key may sign any header and any claims.
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

// maxVerify is how long the check of a token may take, in nanoseconds on one
// core.
const maxVerify = 150_000

func BenchmarkVerify(b *testing.B) {
	for _, k := range signingMethods() {
		b.Run(k.name, func(b *testing.B) {
			raw := issueBy(b, k.signer)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.signer.Verify(raw, now); err != nil {
					b.Fatal(err)
				}
				k.signer.Forget() // the first use of each token
			}
			if each := b.Elapsed().Nanoseconds() / int64(b.N); b.N > 100 && each > maxVerify {
				b.Errorf("a check takes %d ns, want at most %d", each, maxVerify)
			}
		})
	}
}

func BenchmarkIssue(b *testing.B) {
	for _, k := range signingMethods() {
		b.Run(k.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				issueBy(b, k.signer)
			}
		})
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
