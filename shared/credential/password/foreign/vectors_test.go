package foreign_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/credential/password/foreign"
)

var slowHashes = flag.Bool("slow-hashes", false, "show a wrong password to each hash that takes long, not only to one of its format, and flip bits of one hash more")

// vector is a hash that the library of a system has made: see tools/vectors.
type vector struct{ System, Stored, Password string }

func vectors(t testing.TB) (all []vector) {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 150 {
		t.Fatalf("only %d vectors", len(all))
	}
	return all
}

// refusedVectors are those that are refused, by the beginning of the hash, with a
// part of the reason.
var refusedVectors = map[string]string{
	"$1$": "MD5", "$apr1$": "MD5", "$P$": "MD5", "$H$": "MD5", "$md5": "MD5", "md5$": "MD5", "pbkdf2:md5:": "MD5",
	"{SMD5}": "MD5", "{MD5}": "without a salt", "{SHA}": "without a salt", "sha1$$": "without a salt",
	"plain$": "is not hashed",
	"$5$":    "SHA-256-crypt", "$6$": "SHA-512-crypt", "{CRYPT}": "crypt(3)", "crypt$": "crypt(3)", "$sha1$": "no known format",
	"grub.": "no known format", "$p5k2$": "no known format", "$3$": "no known format",
	"$argon2d$": "argon2d", "$argon2id$v=16$": "version", "$bcrypt-sha256$2b,": "version", "$bcrypt-sha256$v=1": "version",
	"!": "no password", "*": "MySQL",
	"correct horse": "a character", // ldap_plaintext
}

func refusal(v vector) (reason string, ok bool) {
	for prefix, reason := range refusedVectors {
		if strings.HasPrefix(v.Stored, prefix) {
			return reason, true
		}
	}
	if strings.Trim(v.Stored, "0123456789abcdef") == "" {
		return "without a salt", true
	}
	return "", false
}

func TestHashesOfOtherSystemsVerify(t *testing.T) {
	t.Parallel()
	formats, refusesSlowly := map[string]bool{}, map[string]bool{}
	for _, v := range vectors(t) {
		if _, refused := refusal(v); refused {
			continue
		}
		hash, err := foreign.Parse(v.Stored)
		if err != nil {
			t.Errorf("%s: %q: %v", v.System, v.Stored, err)
			continue
		}
		formats[hash.Format()] = true
		if !hash.Matches(v.Password) {
			t.Errorf("%s: %q: the right password is refused", v.System, v.Stored)
		}
		if slow(v) && refusesSlowly[hash.Format()] && !*slowHashes {
			continue
		}
		refusesSlowly[hash.Format()] = refusesSlowly[hash.Format()] || slow(v)
		for name, wrong := range map[string]string{
			"another": "Correct horse battery staple", "none": "", "one byte less": v.Password[:len(v.Password)-1], "a NUL after it": v.Password + "\x00",
		} {
			if name == "one byte less" && ignored(v) || name != "another" && slow(v) {
				continue
			}
			if hash.Matches(wrong) {
				t.Errorf("%s: %q: a wrong password is accepted: %s", v.System, v.Stored, name)
			}
		}
	}
	for _, name := range foreign.FormatNames() {
		if !formats[name] {
			t.Errorf("no vector is of the format %s", name)
		}
	}
}

// ignored reports whether bcrypt ignores the password's last byte.
func ignored(v vector) bool {
	return len(v.Password) > 72 && (strings.HasPrefix(v.Stored, "$2") || strings.HasPrefix(v.Stored, "bcrypt$"))
}

func TestHashesAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range vectors(t) {
		part, refused := refusal(v)
		if !refused {
			continue
		}
		seen[part] = true
		hash, err := foreign.Parse(v.Stored)
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %q: error %v, want one with %q", v.System, v.Stored, err, part)
			continue
		}
		if hash.Format() != "" || strings.Contains(err.Error(), v.Stored) {
			t.Errorf("%s: %q: format %q, error %v", v.System, v.Stored, hash.Format(), err)
		}
	}
	for prefix, part := range refusedVectors {
		if !seen[part] {
			t.Errorf("no vector shows the reason %q of %q", part, prefix)
		}
	}
}

// A hash of which one bit has changed is not of the password. Cheap hashes are
// tried with each of their bytes, the others with a few, and one that takes a tenth
// of a second each time with -slow-hashes.
func TestAFlippedBitDoesNotVerify(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		if _, refused := refusal(v); refused {
			continue
		}
		step := 1
		switch {
		case slow(v), !*slowHashes && strings.HasPrefix(v.Stored, "scrypt:16384:8:2$"):
			continue
		case !strings.HasPrefix(v.Stored, "sha") && !strings.HasPrefix(v.Stored, "{"):
			step = 7
		}
		for i := len(v.Stored) - 1; i > strings.IndexAny(v.Stored, "$}"); i -= step {
			flipped := []byte(v.Stored)
			flipped[i] ^= 1
			hash, err := foreign.Parse(string(flipped))
			if err != nil || unusedBits(v.Stored, i) {
				continue
			}
			if hash.Matches(v.Password) {
				t.Errorf("%s: %q: the password matches %q", v.System, v.Stored, flipped)
			}
		}
	}
}

// slow reports whether a hash takes more than some milliseconds.
func slow(v vector) bool {
	for _, part := range []string{"000000$", "00000$", "0000$", "m=65536", "m=102400", "ln=16", "$12$", "scrypt:32768", "scrypt$", "n=14", "i=2", "i=3", "no rounds named"} {
		if strings.Contains(v.Stored+v.System, part) {
			return true
		}
	}
	return false
}

// unusedBits reports whether the character is the last of bcrypt's salt. Of that,
// only two of six bits count. Old programs set the others at random, so they are
// ignored.
func unusedBits(stored string, i int) bool {
	return strings.Contains(stored, "$2") && i == len(stored)-32
}

// Who moves reads there what is accepted and what is not.
func TestTheDocumentListsEveryPrefix(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../../docs/password-formats.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range foreign.Prefixes() {
		prefix = strings.NewReplacer("$$2a$", "$$2b$", "$$2y$", "$$2b$").Replace(prefix)
		if !strings.Contains(string(text), "`"+prefix) {
			t.Errorf("docs/password-formats.md does not mention %s", prefix)
		}
	}
}

// The users of a Flask service, whose hashes Werkzeug made (tools/vectors/werkzeug_users.py),
// are accepted. Twenty of them are verified here, and five of them, one of each form, also with a wrong
// password.
func TestTheHashesOfTheFlaskUsersAreAccepted(t *testing.T) {
	t.Parallel()
	forms, refused := map[string]int{}, map[string]bool{}
	for i, u := range flaskUsers(t) {
		hash, err := foreign.Parse(u.PasswordHash)
		if err != nil {
			t.Fatalf("%s: %v", u.Username, err)
		}
		form := u.PasswordHash[:strings.IndexByte(u.PasswordHash, '$')]
		forms[form]++
		if i%501 != 0 {
			continue
		}
		if !hash.Matches("password of " + u.Username) {
			t.Errorf("%s: %q does not verify", u.Username, u.PasswordHash)
		}
		if refused[form] && !*slowHashes {
			continue
		}
		refused[form] = true
		if hash.Matches("password of another") {
			t.Errorf("%s: %q verifies a wrong password", u.Username, u.PasswordHash)
		}
	}
	if len(refused) != len(forms) {
		t.Errorf("a wrong password was shown to %v only", refused)
	}
	want := map[string]int{"sha1": 1250, "sha256": 1250, "pbkdf2:sha256:260000": 2500, "pbkdf2:sha256:600000": 2500, "scrypt:32768:8:1": 2500}
	if diff := cmp.Diff(want, forms); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
}

type flaskUser struct {
	Username     string
	PasswordHash string `json:"password_hash"`
}

func flaskUsers(t *testing.T) (all []flaskUser) {
	t.Helper()
	file, err := os.Open("../../../../cmd/roster/testdata/flask_users.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(text); ; {
		var u flaskUser
		if err := d.Decode(&u); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
	}
}
