package password_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"

	"roster/shared/credential/password"
)

// salted returns the hash that Werkzeug before 3.0 made with the method sha256.
func salted(pw string) string {
	mac := hmac.New(sha256.New, []byte("salt"))
	mac.Write([]byte(pw))
	return "sha256$salt$" + hex.EncodeToString(mac.Sum(nil))
}

// A foreign hash is replaced at the next login, also where the pepper was set.
func TestAForeignHashVerifiesAndIsStale(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]*password.Hasher{"no pepper": plain, "a pepper": password.NewHasher("one")} {
		if ok, stale := verify(t, h, salted("correct horse"), "correct horse"); !ok || !stale {
			t.Errorf("%s: ok %v, stale %v; want both", name, ok, stale)
		}
		if ok, _ := verify(t, h, salted("correct horse"), "Correct horse"); ok {
			t.Errorf("%s: another password is accepted", name)
		}
	}
}

// Other systems hash what they are given. The owner may now type the same on a
// computer that gives the other encoding.
func TestAForeignHashOfEitherEncodingVerifies(t *testing.T) {
	t.Parallel()
	const composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
	for _, c := range []struct {
		set, given string
		ok         bool
	}{
		{composed, composed, true},
		{composed, decomposed, true},
		{decomposed, decomposed, true},
		{decomposed, composed, false}, // nothing says that it was decomposed
	} {
		for name, stored := range map[string]string{"foreign": salted(c.set), "argon2id": cheapHash(c.set)} {
			if ok, stale := verify(t, plain, stored, c.given); ok != c.ok || !stale {
				t.Errorf("%s of %+q, given %+q: ok %v, stale %v", name, c.set, c.given, ok, stale)
			}
		}
	}
}

// Another system's argon2id hash with today's parameters is replaced, too, if it is
// not of the NFC: other clients of its owner could not log in.
func TestAHashOfADecomposedPasswordIsStale(t *testing.T) {
	t.Parallel()
	const decomposed = "cafe\u0301 au lait"
	stored := plain.HashAsGiven(decomposed)
	if ok, stale := verify(t, plain, stored, decomposed); !ok || !stale {
		t.Errorf("ok %v, stale %v; want both", ok, stale)
	}
	if ok, stale := verify(t, plain, plain.Hash(decomposed), decomposed); !ok || stale {
		t.Errorf("a hash of the NFC: ok %v, stale %v", ok, stale)
	}
	if ok, _ := verify(t, plain, stored, norm.NFC.String(decomposed)); ok {
		t.Error("the hash was of the NFC, so the test shows nothing")
	}
}

// bcrypt ignores what follows the first 72 bytes. The login must succeed as in the
// system before, and from then on every byte counts.
func TestABcryptHashOfALongPasswordIsReplacedByOneOfAllBytes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("correct horse ", 6)
	made, err := bcrypt.GenerateFromPassword([]byte(long[:72]), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	if ok, stale := verify(t, plain, string(made), long); !ok || !stale {
		t.Errorf("ok %v, stale %v; want both", ok, stale)
	}
	if ok, _ := verify(t, plain, string(made), "x"+long[1:]); ok {
		t.Error("another password is accepted")
	}
	if ok, _ := verify(t, plain, plain.Hash(long), long[:72]); ok {
		t.Error("after the login, the first 72 bytes are enough")
	}
}

// A login must not be faster with a cheap foreign hash than with none. The memory
// shows that the work of a new hash is done, too. Allocations are counted for the
// whole process, so this test is not parallel.
func TestACheapForeignHashIsAsMuchWorkAsANewOne(t *testing.T) {
	const newHash = 19456 << 10
	for name, stored := range map[string]string{"foreign": salted("correct horse"), "none": ""} {
		for _, given := range []string{"correct horse", "another horse"} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			verify(t, plain, stored, given)
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n < newHash || n > newHash+newHash/4 {
				t.Errorf("%s, %s: %d KiB were allocated", name, given, n>>10)
			}
		}
	}
}

func TestCheckHashNamesTheReason(t *testing.T) {
	t.Parallel()
	peppered := password.NewHasher("one")
	for _, c := range []struct {
		name           string
		hasher         *password.Hasher
		stored, reason string
	}{
		{"ours", plain, plain.Hash("correct horse"), ""},
		{"ours with the pepper", peppered, peppered.Hash("correct horse"), ""},
		{"another pepper", plain, peppered.Hash("correct horse"), "was made with another SECURITY_PASSWORD_SALT"},
		{"out of bounds", plain, phcForm("m=9999999,t=2,p=1"), "needs more time or memory than one login may take"},
		{"foreign", plain, salted("correct horse"), ""},
		{"foreign, with the pepper", peppered, salted("correct horse"), ""},
		{"no hash", plain, "correct horse", "has a character that no format uses"},
	} {
		if reason := c.hasher.CheckHash(c.stored); reason != c.reason {
			t.Errorf("%s: %q, want %q", c.name, reason, c.reason)
		}
	}
}

// The log of a login that fails says why the hash cannot be used.
func TestAnUnusableHashIsNamedInTheError(t *testing.T) {
	t.Parallel()
	_, _, err := plain.Verify("$1$pZNyWDJL$e1a.sTvR7x9JHUdhK2.EU1", "correct horse")
	if !errors.Is(err, password.ErrUnusable) || !strings.Contains(err.Error(), "it is MD5-crypt") {
		t.Errorf("%v", err)
	}
}
