package password_test

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/argon2"

	"roster/shared/credential/password"
)

var plain = password.NewHasher("")

func verify(t testing.TB, h *password.Hasher, stored, given string) (ok, stale bool) {
	t.Helper()
	ok, stale, err := h.Verify(stored, given)
	if err != nil {
		t.Fatalf("Verify(%q): %v", stored, err)
	}
	return ok, stale
}

func TestAPasswordMatchesItsHash(t *testing.T) {
	t.Parallel()
	for _, pw := range []string{"correct horse", "x", "        ", "пароль-ключ", "🔑🔑🔑🔑🔑🔑🔑🔑", "a\x00b", strings.Repeat("long ", 3000)} {
		if ok, stale := verify(t, plain, plain.Hash(pw), pw); !ok || stale {
			t.Errorf("%.20q: ok %v, stale %v", pw, ok, stale)
		}
	}
}

// Other programs may read the stored hashes, so their form must not change.
func TestTheStoredFormIsAPHCString(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`)
	a, b := plain.Hash("correct horse"), plain.Hash("correct horse")
	if !form.MatchString(a) {
		t.Errorf("stored as %q", a)
	}
	if a == b {
		t.Error("two hashes of one password are the same: the salt is not random")
	}
}

// The hash is from the reference implementation:
// `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1`.
func TestAHashOfAnotherProgramVerifies(t *testing.T) {
	t.Parallel()
	const stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, stale := verify(t, plain, stored, "password"); !ok || !stale {
		t.Errorf("ok %v, stale %v; want both", ok, stale)
	}
	if ok, _ := verify(t, plain, stored, "Password"); ok {
		t.Error("another password is accepted")
	}
}

// NIST SP 800-63B-4 §3.1.1.2: both encodings of é are the same password. Nothing
// else in a password is changed.
func TestPasswordsAreNormalizedByNFCOnly(t *testing.T) {
	t.Parallel()
	const composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
	for _, set := range []string{composed, decomposed} {
		stored := plain.Hash(set)
		for _, given := range []string{composed, decomposed} {
			if ok, _ := verify(t, plain, stored, given); !ok {
				t.Errorf("set as %+q, given as %+q: refused", set, given)
			}
		}
	}
	stored := plain.Hash("ﬁne Å")                                 // a ligature, and a letter with a ring
	for _, given := range []string{"fine Å", "fine A", "ﬁne A"} { // NFKC and more would make these equal
		if ok, _ := verify(t, plain, stored, given); ok {
			t.Errorf("%q is accepted in place of another password", given)
		}
	}
}

// cheapHash makes a hash with the least memory, for tests that verify many.
func cheapHash(pw string) string {
	salt := []byte("sixteen bytes...")
	b64 := base64.RawStdEncoding.EncodeToString
	return "$argon2id$v=19$m=8,t=1,p=1$" + b64(salt) + "$" + b64(argon2.IDKey([]byte(pw), salt, 1, 8, 1, 32))
}

// CVE-2025-22228: a password is not truncated, trimmed or changed to lower case.
func TestEveryByteOfAPasswordCounts(t *testing.T) {
	t.Parallel()
	for _, n := range []int{8, 71, 72, 73, 128, 256} {
		t.Run(strconv.Itoa(n)+" bytes", func(t *testing.T) {
			t.Parallel()
			pw := strings.Repeat("Correct ", n/8+1)[:n]
			stored := cheapHash(pw)
			if ok, _ := verify(t, plain, stored, pw); !ok {
				t.Fatal("the password itself is refused")
			}
			for name, given := range map[string]string{
				"one byte longer":     pw + "x",
				"one byte shorter":    pw[:n-1],
				"a space after":       pw + " ",
				"a space before":      " " + pw,
				"a NUL after":         pw + "\x00",
				"in capitals":         strings.ToUpper(pw),
				"another last letter": pw[:n-1] + "~",
				"an empty password":   "",
			} {
				if ok, _ := verify(t, plain, stored, given); ok {
					t.Errorf("%s: accepted", name)
				}
			}
		})
	}
}

func TestNoPasswordMatchesAnEmptyHash(t *testing.T) {
	t.Parallel() // for an account without a password, and for an unknown username
	for _, h := range []*password.Hasher{plain, password.NewHasher("pepper")} {
		for _, given := range []string{"", "correct horse", strings.Repeat("\x00", 32)} {
			if ok, stale := verify(t, h, "", given); ok || stale {
				t.Errorf("%q: ok %v, stale %v", given, ok, stale)
			}
		}
	}
}

func TestAHasherIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	stored := plain.Hash("correct horse")
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			given := "correct horse"
			if i%2 == 1 {
				given = "wrong horse"
			}
			if ok, _, err := plain.Verify(stored, given); ok != (i%2 == 0) || err != nil {
				t.Errorf("%q: %v, %v", given, ok, err)
			}
		})
	}
	wg.Wait()
}
