package foreign_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"roster/shared/credential/password/foreign"
)

var (
	hex32 = strings.Repeat("0f", 32)
	hex64 = strings.Repeat("0f", 64)
	b64   = func(n int) string { return strings.Repeat("A", (n*8+5)/6) } // n bytes of 0, without padding
	text  = strings.Repeat("x", 31)
)

// tooMuch are hashes that need more time or memory than the bounds allow, and those
// that are wrong in form.
var tooMuch = map[string]string{
	"argon2id of 256 MiB and a bit": "$argon2id$v=19$m=262145,t=1,p=1$" + b64(16) + "$" + b64(32),
	"argon2id of 5 passes":          "$argon2id$v=19$m=262144,t=5,p=1$" + b64(16) + "$" + b64(32),
	"argon2id of 11 passes":         "$argon2id$v=19$m=64,t=11,p=1$" + b64(16) + "$" + b64(32),
	"argon2id of 17 lanes":          "$argon2id$v=19$m=65536,t=1,p=17$" + b64(16) + "$" + b64(32),
	"argon2id of 2^32 KiB":          "$argon2id$v=19$m=4294967297,t=1,p=1$" + b64(16) + "$" + b64(32),
	"argon2i of 10^20 passes":       "$argon2i$v=19$m=8,t=100000000000000000000,p=1$" + b64(16) + "$" + b64(32),
	"Django argon2 of 17 lanes":     "argon2$argon2id$v=19$m=65536,t=1,p=17$" + b64(16) + "$" + b64(32),
	"bcrypt of cost 15":             "$2b$15$" + strings.Repeat(".", 53),
	"bcrypt of cost 99":             "$2b$99$" + strings.Repeat(".", 53),
	"Django bcrypt of cost 15":      "bcrypt_sha256$$2b$15$" + strings.Repeat(".", 53),
	"passlib bcrypt of cost 31":     "$bcrypt-sha256$v=2,t=2b,r=31$" + strings.Repeat(".", 22) + "$" + text,
	"scrypt of 256 MiB":             "$scrypt$ln=18,r=8,p=1$" + b64(16) + "$" + b64(32),
	"scrypt of 2^99":                "$scrypt$ln=99,r=8,p=1$" + b64(16) + "$" + b64(32),
	"scrypt of 65 blocks":           "$scrypt$ln=10,r=65,p=1$" + b64(16) + "$" + b64(32),
	"scrypt of 17 in parallel":      "$scrypt$ln=10,r=8,p=17$" + b64(16) + "$" + b64(32),
	"scrypt of too much work":       "$scrypt$ln=16,r=8,p=5$" + b64(16) + "$" + b64(32),
	"Werkzeug scrypt of 256 MiB":    "scrypt:262144:8:1$salt$" + hex64,
	"Werkzeug scrypt of 2^40":       "scrypt:1099511627776:8:1$salt$" + hex64,
	"Django scrypt of 256 MiB":      "scrypt$262144$salt$8$1$" + b64(64) + "==",
	"Firebase of 2^40":              "$fbscrypt$v=1,n=40,r=8,p=1,ss=Bw==,sk=" + b64(64) + "==$AAAA$" + b64(64) + "==",
	"PBKDF2 of 2,000,001 rounds":    "$pbkdf2-sha256$2000001$" + b64(16) + "$" + b64(32),
	"PBKDF2 of two blocks":          "$pbkdf2-sha256$i=1000001,l=64$" + b64(16) + "$" + b64(64),
	"Django PBKDF2":                 "pbkdf2_sha256$2000001$salt$" + b64(32) + "=",
	"Werkzeug PBKDF2":               "pbkdf2:sha256:2000001$salt$" + hex32,
	"Werkzeug PBKDF2 of 10^30":      "pbkdf2:sha256:1" + strings.Repeat("0", 30) + "$salt$" + hex32,
}

var malformed = map[string]string{
	"nothing":                         "",
	"only a beginning":                "$argon2id$",
	"argon2 without memory":           "$argon2id$v=19$t=1,p=1$" + b64(16) + "$" + b64(32),
	"argon2 of no memory":             "$argon2id$v=19$m=0,t=1,p=1$" + b64(16) + "$" + b64(32),
	"argon2 of too little memory":     "$argon2id$v=19$m=15,t=1,p=2$" + b64(16) + "$" + b64(32),
	"argon2 with a short salt":        "$argon2id$v=19$m=64,t=1,p=1$AAAA$" + b64(32),
	"argon2 with a short tag":         "$argon2id$v=19$m=64,t=1,p=1$" + b64(16) + "$AAAA",
	"argon2 with a tag of 65 bytes":   "$argon2id$v=19$m=64,t=1,p=1$" + b64(16) + "$" + b64(65),
	"argon2 with one part more":       "$argon2id$v=19$m=64,t=1,p=1$" + b64(16) + "$" + b64(32) + "$",
	"bcrypt of cost 3":                "$2b$03$" + strings.Repeat(".", 53),
	"bcrypt of 52 characters":         "$2b$10$" + strings.Repeat(".", 52),
	"bcrypt of 54 characters":         "$2b$10$" + strings.Repeat(".", 54),
	"bcrypt with base64's +":          "$2b$10$+" + strings.Repeat(".", 52),
	"bcrypt with a sign":              "$2b$+9$" + strings.Repeat(".", 53),
	"scrypt of no power of 2":         "scrypt:32767:8:1$salt$" + hex64,
	"scrypt of 1":                     "scrypt:1:8:1$salt$" + hex64,
	"scrypt of no blocks":             "scrypt:1024:0:1$salt$" + hex64,
	"scrypt with one parameter":       "scrypt:32768$salt$" + hex64,
	"scrypt without a salt":           "scrypt:32768:8:1$$" + hex64,
	"scrypt with a short tag":         "scrypt:32768:8:1$salt$" + hex32,
	"Django scrypt with a part less":  "scrypt$16384$salt$8$" + b64(64) + "==",
	"Firebase without a signer key":   "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==$AAAA$" + b64(64) + "==",
	"Firebase with another tag":       "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + b64(64) + "==$AAAA$" + b64(32) + "=",
	"PBKDF2 of no rounds":             "pbkdf2:sha256:0$salt$" + hex32,
	"PBKDF2 of -1 rounds":             "pbkdf2:sha256:-1$salt$" + hex32,
	"PBKDF2 with a leading zero":      "pbkdf2:sha256:01$salt$" + hex32,
	"PBKDF2 with an empty count":      "pbkdf2:sha256:$salt$" + hex32,
	"PBKDF2 in capitals":              "pbkdf2:sha256:1000$salt$" + strings.ToUpper(hex32),
	"PBKDF2 of SHA-256 with 64 bytes": "pbkdf2:sha256:1000$salt$" + hex64,
	"PBKDF2 with another length":      "$pbkdf2-sha256$i=1000,l=31$" + b64(16) + "$" + b64(32),
	"PBKDF2 of BLAKE2":                "pbkdf2:blake2b:1000$salt$" + hex64,
	"PBKDF2 without a salt":           "$pbkdf2-sha256$1000$$" + b64(32),
	"PBKDF2 with a salt of 129 bytes": "pbkdf2:sha256:1000$" + strings.Repeat("s", 129) + "$" + hex32,
	"salted without a salt":           "sha256$$" + hex32,
	"salted with one part":            "sha256$" + hex32,
	"SSHA without a salt":             "{SSHA}" + b64(20) + "=",
	"SSHA cut off":                    "{SSHA}AAAA",
	"SSHA without padding":            "{SSHA}" + b64(23),
	"2 KB":                            "sha256$" + strings.Repeat("s", 2048) + "$" + hex32,
	"a letter with an accent":         "sha256$s\u00e4lt$" + hex32,
	"a line break":                    "sha256$salt$" + hex32 + "\n",
	"a NUL":                           "sha256$salt\x00$" + hex32,
}

// Parse decides without computing: it allocates a few KB for whatever is stored.
// Allocations are counted for the whole process, so this test is not parallel.
func TestWhatIsOutOfBoundsIsRefusedWithoutWork(t *testing.T) {
	for _, group := range []struct {
		rows   map[string]string
		reason string
	}{{tooMuch, "needs more time or memory"}, {malformed, ""}} {
		for name, stored := range group.rows {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := foreign.Parse(stored)
			runtime.ReadMemStats(&after)
			var refused foreign.Refused
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), group.reason) {
				t.Errorf("%s: error %v", name, err)
				continue
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 64<<10 {
				t.Errorf("%s: %d KiB were allocated", name, n>>10)
			}
			if format, err2 := foreign.Check(stored); format != "" || err2 != err {
				t.Errorf("%s: Check returns %q, %v", name, format, err2)
			}
		}
	}
}

// The most expensive hash of each kind is accepted, so the bounds are where the
// documentation says.
func TestTheBoundsThemselvesAreAccepted(t *testing.T) {
	t.Parallel()
	for name, stored := range map[string]string{
		"argon2id":        "$argon2id$v=19$m=262144,t=4,p=16$" + b64(16) + "$" + b64(64),
		"bcrypt":          "$2b$14$" + strings.Repeat(".", 53),
		"scrypt":          "$scrypt$ln=17,r=8,p=2$" + b64(16) + "$" + b64(64),
		"scrypt, OWASP":   "$scrypt$ln=13,r=8,p=10$" + b64(16) + "$" + b64(32),
		"PBKDF2":          "pbkdf2:sha512:2000000$" + strings.Repeat("s", 128) + "$" + hex64,
		"PBKDF2, 2 parts": "$pbkdf2-sha256$i=1000000,l=64$" + b64(16) + "$" + b64(64),
	} {
		if _, err := foreign.Parse(stored); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// HMAC and bcrypt pad with NUL, so that without the rule these would match. bcrypt also
// repeats a password with NULs in between.
func TestNoPasswordWithANULMatches(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		if _, refused := refusal(v); refused || slow(v) {
			continue
		}
		hash, err := foreign.Parse(v.Stored)
		if err != nil {
			t.Fatal(err)
		}
		for _, pw := range []string{v.Password + "\x00", v.Password + "\x00" + v.Password} {
			if hash.Matches(pw) {
				t.Errorf("%s: %q: %q matches", v.System, v.Stored, pw)
			}
		}
	}
}
