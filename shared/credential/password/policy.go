package password

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxLength is the longest password, in code points (ASVS 6.2.9 asks for 64 at
// least). The bound keeps the work before the hash small.
const MaxLength = 256

// Policy says which passwords may be set (NIST SP 800-63B-4 §3.1.1.2): a
// minimum length, a list of common ones, and nothing of the account itself. It
// asks for no mix of characters and lets none expire.
type Policy struct {
	MinLength int // in code points, after NFC
	// Common reports whether a password, in NFC, is one of those that are tried
	// first; nil when none is. It is given, so that what only checks passwords
	// does not link a list.
	Common func(password string) bool
}

// DefaultPolicy is what a deployment that says nothing gets, but for the list.
var DefaultPolicy = Policy{MinLength: 8}

// Check says in a few words why the password may not be set, or "" when it
// may. The context is what belongs to the account: its names and its e-mail.
func (p Policy) Check(password string, context ...string) string {
	password = norm.NFC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case n < p.MinLength:
		return fmt.Sprintf("must have at least %d characters", p.MinLength)
	case n > MaxLength:
		return fmt.Sprintf("must have at most %d characters", MaxLength)
	}
	for _, c := range context {
		if c != "" && strings.EqualFold(password, norm.NFC.String(c)) {
			return "must not be one of the account's own names"
		}
	}
	if p.Common != nil && p.Common(password) {
		return "is too common"
	}
	return ""
}

// MinimumLength is the shortest password that may be set, in code points.
func (p Policy) MinimumLength() int { return p.MinLength }
