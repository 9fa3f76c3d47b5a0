// Package blocklist has lists of the passwords, words and names that attackers
// try first. It is not part of package password so that only functions that set
// passwords link the lists.
//
//	blocklist.Common("Password2026!") // true
//
// It refuses to check anything else, such as the length: that is package
// password's task.
package blocklist

import (
	"strings"
	"sync"

	"github.com/ccojocar/zxcvbn-go/data"
)

// lists are those of zxcvbn-go (MIT license): passwords from breaches, and the
// words and names that NIST SP 800-63B-4 §3.1.1.2 says to refuse too. Together
// they have 85,088 entries in lower case; 30,019 have 8 bytes or more.
var lists = []string{"Passwords", "English", "FemaleNames", "MaleNames", "Surnames"}

// entries unpacks the lists when the first password is set. Doing it at the start
// would make every cold start longer.
var entries = sync.OnceValue(unpack)

// unpack copies the strings from the JSON without decoding them, which would take
// four times as long and make 85,000 allocations. It can do so because none has
// an escape; a test compares them with what encoding/json reads.
func unpack() map[string]struct{} {
	set := make(map[string]struct{}, 85_000)
	for _, name := range lists {
		quoted := false
		for p := range strings.SplitSeq(string(data.MustAsset("data/"+name+".json")), `"`) {
			if quoted && len(p) >= minEntry {
				set[p] = struct{}{}
			}
			quoted = !quoted
		}
	}
	delete(set, "List") // the name of the member that holds the list
	return set
}

// People append these characters to a common password so that it meets a rule:
// password123, sunshine!, dragon_2026. A suffix of more than maxSuffix characters
// is different: it may be a long random number after a word.
const (
	suffixChars = "0123456789!?.,;:*+-_#$%&@=~^ "
	maxSuffix   = 6
)

// minEntry is the shortest entry that counts. The lists have words of one letter.
const minEntry = 4 // bytes

// Common reports whether a password, or the password without such a suffix, is on
// a list. It ignores case.
func Common(password string) bool {
	set := entries()
	password = strings.ToLower(password)
	if _, found := set[password]; found {
		return true
	}
	stem := strings.TrimRight(password, suffixChars)
	if len(password)-len(stem) > maxSuffix {
		return false
	}
	_, found := set[stem]
	return found
}
