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

func phc(parameters string) string {
	return "$argon2id$v=19$" + parameters + "$" + salt16 + "$" + tag32
}

var unusable = map[string]string{
	"10 GB":                      phc("m=9999999,t=2,p=1"),
	"more than the bound":        phc("m=262145,t=1,p=1"),
	"4 TB":                       phc("m=4294967295,t=2,p=1"),
	"wraps around":               phc("m=4294967297,t=2,p=1"),
	"99 passes":                  phc("m=19456,t=99,p=1"),
	"11 passes":                  phc("m=19456,t=11,p=1"),
	"99 lanes":                   phc("m=19456,t=2,p=99"),
	"257 lanes":                  phc("m=19456,t=2,p=257"),
	"no memory":                  phc("m=0,t=2,p=1"),
	"less than 8 KiB for a lane": phc("m=16,t=2,p=4"),
	"no passes":                  phc("m=19456,t=0,p=1"),
	"no lanes":                   phc("m=19456,t=2,p=0"),
	"negative":                   phc("m=-1,t=2,p=1"),
	"another order":              phc("t=2,m=19456,p=1"),
	"a leading zero":             phc("m=019456,t=2,p=1"),
	"twice":                      phc("m=19456,m=8,t=2,p=1"),
	"associated data":            phc("m=19456,t=2,p=1,data=AAAA"),
	"an endless pepper id":       phc("m=19456,t=2,p=1,keyid=" + strings.Repeat("A", 1000)),
	"an unknown pepper id":       phc("m=19456,t=2,p=1,keyid=AAAAAAAA"),
	"an empty pepper id":         phc("m=19456,t=2,p=1,keyid="),
	"argon2i":                    strings.Replace(phc("m=19456,t=2,p=1"), "argon2id", "argon2i", 1),
	"argon2d":                    strings.Replace(phc("m=19456,t=2,p=1"), "argon2id", "argon2d", 1),
	"version 16":                 strings.Replace(phc("m=19456,t=2,p=1"), "v=19", "v=16", 1),
	"no version":                 strings.Replace(phc("m=19456,t=2,p=1"), "v=19$", "", 1),
	"a short salt":               "$argon2id$v=19$m=19456,t=2,p=1$AAAA$" + tag32,
	"no tag":                     "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$",
	"a tag of 3 bytes":           "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$AAAA",
	"a tag of 1 KB":              "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$" + strings.Repeat("A", 1368),
	"a padded tag":               phc("m=19456,t=2,p=1") + "=",
	"spare bits that are set":    phc("m=19456,t=2,p=1")[:len(phc("m=19456,t=2,p=1"))-1] + "B",
	"a salt of no whole bytes":   "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAA$" + tag32,
	"a line break behind":        phc("m=19456,t=2,p=1") + "\n",
	"something before":           " " + phc("m=19456,t=2,p=1"),
	"bcrypt":                     "$2y$10$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01",
	"Werkzeug's scrypt":          "scrypt:32768:8:1$salt$00",
	"the password itself":        "correct horse",
	"one byte":                   "$",
}

// A row that someone else wrote cannot exhaust the machine. What is allocated
// is counted for the whole process, so this test runs alone.
func TestUnusableHashesAreNotComputed(t *testing.T) {
	const aHash = 19456 << 10
	for name, stored := range unusable {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ok, stale, err := plain.Verify(stored, "correct horse")
		runtime.ReadMemStats(&after)
		if ok || stale || !errors.Is(err, password.ErrUnusable) {
			t.Errorf("%s: ok %v, stale %v, error %v", name, ok, stale, err)
		}
		// The work of a hash of today's, no more and no less: how long it takes
		// tells nothing of what is stored.
		if n := after.TotalAlloc - before.TotalAlloc; n < aHash || n > aHash+aHash/4 {
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
		if ok, stale := verify(t, plain, phc(parameters), "correct horse"); ok || !stale {
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
	if _, stale := verify(t, plain, phc("m=19456,t=2,p=1"), "correct horse"); stale {
		t.Error("today's parameters are stale")
	}
}

// A cheaper hash is made up for, so that it does not show at once whose hash is
// an old one; how near the times are, docs/security/timing.md says.
func TestCheaperHashesAreMadeUpFor(t *testing.T) {
	t.Parallel()
	const today, memory = 2 * 19456, 19456
	for _, c := range []struct {
		parameters string
		dearer     bool
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
		{"m=262144,t=10,p=1", true},
	} {
		h, err := password.Parse(phc(c.parameters))
		if err != nil {
			t.Fatal(err)
		}
		work, most := h.Work()
		if (work > today) != c.dearer || work < today-4 {
			t.Errorf("%s: %d KiB are gone over, a hash of today's over %d", c.parameters, work, today)
		}
		if !c.dearer && most > 2*memory {
			t.Errorf("%s: takes %d KiB at a time", c.parameters, most)
		}
	}
}
