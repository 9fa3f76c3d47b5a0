package password_test

import (
	"errors"
	"regexp"
	"strconv"
	"testing"

	"roster/shared/credential/password"
)

var cheap = regexp.MustCompile(`\$m=(\d+),t=[1-3],p=[1-4][,$]`)

// Whatever is stored, parsing it does not panic, and no password matches a hash
// that the fuzzer makes up.
func FuzzVerify(f *testing.F) {
	f.Add(plain.Hash("correct horse"))
	f.Add(phcForm("m=8,t=1,p=1"))
	f.Add(phcForm("m=64,t=3,p=4,keyid=AAAA"))
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
			t.Fatalf("%q is accepted as another form of %q", stored, hash)
		}
		m := cheap.FindStringSubmatch(stored)
		if m == nil {
			return
		}
		if kib, _ := strconv.Atoi(m[1]); kib > 1024 {
			return
		}
		if plain.Matches(hash, "correct horse") { // Verify also computes the remainder, which is too slow here
			t.Errorf("the password matches %q", stored)
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
