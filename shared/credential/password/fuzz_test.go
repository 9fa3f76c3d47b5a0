package password_test

import (
	"errors"
	"regexp"
	"strconv"
	"testing"

	"roster/shared/credential/password"
)

var cheap = regexp.MustCompile(`\$m=(\d+),t=[1-3],p=[1-4][,$]`)

// Whatever the table holds, checking it neither panics nor computes what is
// out of bounds, and no password of ours opens it.
func FuzzVerify(f *testing.F) {
	f.Add(plain.Hash("correct horse"))
	f.Add(phc("m=8,t=1,p=1"))
	f.Add(phc("m=64,t=3,p=4,keyid=AAAA"))
	for _, stored := range unusable {
		f.Add(stored)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		hash, err := password.Parse(stored)
		if err != nil {
			if !errors.Is(err, password.ErrUnusable) {
				t.Fatalf("%q: %v", stored, err)
			}
			return
		}
		if hash.String() != stored {
			t.Fatalf("%q has another spelling: %q", stored, hash)
		}
		m := cheap.FindStringSubmatch(stored)
		if m == nil {
			return
		}
		if kib, _ := strconv.Atoi(m[1]); kib > 1024 {
			return
		}
		if plain.Opens(hash, "correct horse") { // Verify adds today's work, which would leave few tries
			t.Errorf("%q is open", stored)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		plain.Hash("correct horse battery staple")
	}
}

func BenchmarkVerifyUnknown(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = plain.Verify("", "correct horse battery staple")
	}
}
