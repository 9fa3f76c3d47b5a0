// Package foreign verifies passwords against hashes that other systems have
// stored, so that their users keep their passwords when they move:
//
//	hash, err := foreign.Parse("pbkdf2:sha256:260000$Kq0zX1yb$5f1c...")
//	ok := hash.Matches("correct horse battery")
//
// docs/password-formats.md lists the formats. It makes no hashes: a login that
// succeeds replaces a foreign hash by one of package password. It refuses what is
// made of MD5, what has no salt or is not hashed, and what would take too much time
// or memory to verify. Parse decides from the text alone and computes nothing, so
// that a row that an attacker has written cannot use up a function.
package foreign

import "strings"

// Hash is a hash that another system has stored.
type Hash struct {
	format  string
	matches check
}

// check reports whether a password has the hash. It takes as long for a wrong
// password as for a right one.
type check func(password string) bool

// Format returns the name of the hash's format, as in "bcrypt".
func (h Hash) Format() string { return h.format }

// Matches reports whether the hash is of the password, byte for byte: it does not
// normalize the password.
//
// No password with a NUL byte matches. HMAC and bcrypt pad passwords with NUL, so
// that "secret" and "secret\x00" have one hash, and the systems before Roster
// accepted no such password.
func (h Hash) Matches(password string) bool {
	return h.matches(password) && !strings.Contains(password, "\x00")
}

// Refused is the reason why a hash cannot be used, as in "is MD5-crypt, ...". It
// does not show the hash.
type Refused string

func (r Refused) Error() string { return string(r) }

// Parse reads a stored hash. Its error is a Refused.
func Parse(stored string) (Hash, error) {
	switch {
	case len(stored) > maxLength:
		return Hash{}, Refused("is longer than any format needs")
	case strings.ContainsFunc(stored, func(r rune) bool { return r <= ' ' || r > '~' }):
		return Hash{}, refusal(stored, "has a character that no format uses")
	}
	for _, f := range formats {
		rest, ok := strings.CutPrefix(stored, f.prefix)
		if !ok {
			continue
		}
		matches, err := f.parse(f.digest, rest)
		if err != nil {
			return Hash{}, err
		}
		return Hash{format: f.name, matches: matches}, nil
	}
	return Hash{}, refusal(stored, "is in no known format")
}

// Check returns the name of the format of a stored hash, or a Refused.
func Check(stored string) (format string, err error) {
	hash, err := Parse(stored)
	return hash.Format(), err
}

// A hash is computed only within these bounds. On one core of 2026 the most
// expensive one takes about a second, and on a function with 1 GB of memory about two.
const (
	maxLength = 1024 // bytes of the stored text
	maxSalt   = 128  // bytes

	maxArgonMemory = 256 << 10 // KiB
	maxArgonWork   = 1 << 20   // KiB times passes
	maxArgonPasses = 10
	maxArgonLanes  = 16
	maxBcryptCost  = 14        // 2 to the power of it is the number of rounds
	maxScryptBytes = 128 << 20 // 128 * N * r
	maxScryptWork  = 1 << 21   // N * r * p
	maxScryptR     = 64
	maxScryptP     = 16
	maxRounds      = 2_000_000 // of PBKDF2, times the blocks that each round computes
)
