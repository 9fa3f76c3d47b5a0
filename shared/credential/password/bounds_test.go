package password_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"roster/shared/credential/password"
)

const (
	salt16 = "AAAAAAAAAAAAAAAAAAAAAA"
	tag32  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

func phcForm(parameters string) string {
	return "$argon2id$v=19$" + parameters + "$" + salt16 + "$" + tag32
}

var unusable = map[string]string{
	"10 GB":                      phcForm("m=9999999,t=2,p=1"),
	"more than the bound":        phcForm("m=262145,t=1,p=1"),
	"4 TB":                       phcForm("m=4294967295,t=2,p=1"),
	"wraps around":               phcForm("m=4294967297,t=2,p=1"),
	"99 passes":                  phcForm("m=19456,t=99,p=1"),
	"11 passes":                  phcForm("m=19456,t=11,p=1"),
	"256 MiB in 5 passes":        phcForm("m=262144,t=5,p=1"),
	"99 lanes":                   phcForm("m=19456,t=2,p=99"),
	"257 lanes":                  phcForm("m=19456,t=2,p=257"),
	"no memory":                  phcForm("m=0,t=2,p=1"),
	"less than 8 KiB for a lane": phcForm("m=16,t=2,p=4"),
	"no passes":                  phcForm("m=19456,t=0,p=1"),
	"no lanes":                   phcForm("m=19456,t=2,p=0"),
	"negative":                   phcForm("m=-1,t=2,p=1"),
	"another order":              phcForm("t=2,m=19456,p=1"),
	"a leading zero":             phcForm("m=019456,t=2,p=1"),
	"twice":                      phcForm("m=19456,m=8,t=2,p=1"),
	"associated data":            phcForm("m=19456,t=2,p=1,data=AAAA"),
	"an endless pepper id":       phcForm("m=19456,t=2,p=1,keyid=" + strings.Repeat("A", 1000)),
	"an unknown pepper id":       phcForm("m=19456,t=2,p=1,keyid=AAAAAAAA"),
	"an empty pepper id":         phcForm("m=19456,t=2,p=1,keyid="),
	"argon2d":                    strings.Replace(phcForm("m=19456,t=2,p=1"), "argon2id", "argon2d", 1),
	"version 16":                 strings.Replace(phcForm("m=19456,t=2,p=1"), "v=19", "v=16", 1),
	"no version":                 strings.Replace(phcForm("m=19456,t=2,p=1"), "v=19$", "", 1),
	"a short salt":               "$argon2id$v=19$m=19456,t=2,p=1$AAAA$" + tag32,
	"no tag":                     "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$",
	"a tag of 3 bytes":           "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$AAAA",
	"a tag of 1 KB":              "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$" + strings.Repeat("A", 1368),
	"a padded tag":               phcForm("m=19456,t=2,p=1") + "=",
	"unused bits of base64 set":  phcForm("m=19456,t=2,p=1")[:len(phcForm("m=19456,t=2,p=1"))-1] + "B",
	"a salt of no whole bytes":   "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAA$" + tag32,
	"a line break after":         phcForm("m=19456,t=2,p=1") + "\n",
	"something before":           " " + phcForm("m=19456,t=2,p=1"),
	"MD5-crypt":                  "$1$pZNyWDJL$e1a.sTvR7x9JHUdhK2.EU1",
	"bcrypt of 31 rounds":        "$2y$31$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0",
	"bcrypt, cut off":            "$2y$10$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
	"scrypt of 1 GB":             "scrypt:1048576:8:1$salt$" + strings.Repeat("00", 64),
	"scrypt, cut off":            "scrypt:32768:8:1$salt$00",
	"a billion rounds":           "pbkdf2:sha256:1000000000$salt$" + strings.Repeat("00", 32),
	"the password itself":        "correct horse",
	"one byte":                   "$",
}

// A row that an attacker has written cannot use up the memory. Allocations are
// counted for the whole process, so this test is not parallel.
func TestUnusableHashesAreNotComputed(t *testing.T) {
	const newHash = 19456 << 10
	for name, stored := range unusable {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ok, stale, err := plain.Verify(stored, "correct horse")
		runtime.ReadMemStats(&after)
		if ok || stale || !errors.Is(err, password.ErrUnusable) {
			t.Errorf("%s: ok %v, stale %v, error %v", name, ok, stale, err)
		}
		// The work is as much as for a new hash, so the time does not show what is stored.
		if n := after.TotalAlloc - before.TotalAlloc; n < newHash || n > newHash+newHash/4 {
			t.Errorf("%s: %d KiB were allocated", name, n>>10)
		}
		if strings.Contains(err.Error(), stored) {
			t.Errorf("%s: the error shows the hash", name)
		}
	}
}

func TestOldParametersAreStale(t *testing.T) {
	t.Parallel()
	for _, parameters := range []string{"m=19455,t=2,p=1", "m=19456,t=1,p=1", "m=19456,t=2,p=2", "m=8,t=1,p=1"} {
		if ok, stale := verify(t, plain, phcForm(parameters), "correct horse"); ok || !stale {
			t.Errorf("%s: ok %v, stale %v", parameters, ok, stale)
		}
	}
	for name, stored := range map[string]string{
		"a salt of 8 bytes": "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAA$" + tag32,
		"a tag of 16 bytes": "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$AAAAAAAAAAAAAAAAAAAAAA",
	} {
		if ok, stale := verify(t, plain, stored, "correct horse"); ok || !stale {
			t.Errorf("%s: ok %v, stale %v", name, ok, stale)
		}
	}
	if _, stale := verify(t, plain, phcForm("m=19456,t=2,p=1"), "correct horse"); stale {
		t.Error("the parameters of a new hash are stale")
	}
}

// The time of a login must not show which accounts have an old hash.
// docs/security/timing.md says how close the times are.
func TestVerifyingACheapHashIsAsMuchWorkAsVerifyingANewOne(t *testing.T) {
	t.Parallel()
	const full, memory = 2 * 19456, 19456
	for _, c := range []struct {
		parameters string
		expensive  bool
	}{
		{"m=8,t=1,p=1", false},
		{"m=4096,t=3,p=1", false},
		{"m=12288,t=3,p=1", false},
		{"m=19455,t=2,p=1", false},
		{"m=19456,t=1,p=1", false},
		{"m=19456,t=2,p=1", false},
		{"m=38911,t=1,p=1", false},
		{"m=38912,t=1,p=1", false},
		{"m=47104,t=1,p=1", true},
		{"m=19456,t=3,p=1", true},
		{"m=262144,t=4,p=1", true},
	} {
		h, err := password.Parse(phcForm(c.parameters))
		if err != nil {
			t.Fatal(err)
		}
		work, maxMemory := h.Work()
		if (work > full) != c.expensive || work < full-4 {
			t.Errorf("%s: the work is %d, and %d for a new hash", c.parameters, work, full)
		}
		if !c.expensive && maxMemory > 2*memory {
			t.Errorf("%s: needs %d KiB at a time", c.parameters, maxMemory)
		}
	}
}
