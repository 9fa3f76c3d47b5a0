// Package blocklist knows the passwords, words and names that an attacker tries
// first. It is apart from package password so that only what sets passwords
// carries the lists. It judges nothing else: neither length nor mix.
package blocklist

import (
	"strings"
	"sync"

	"github.com/ccojocar/zxcvbn-go/data"
)

// lists are what zxcvbn-go carries (MIT): passwords from breaches, and the
// words and names that SP 800-63B-4 §3.1.1.2 wants refused beside them. In all
// 85,088 entries in lower case, 30,019 of them of 8 bytes or more.
var lists = []string{"Passwords", "English", "FemaleNames", "MaleNames", "Surnames"}

// entries unpacks the lists at the first password that is set, not at start,
// which would make every cold start longer.
var entries = sync.OnceValue(unpack)

// unpack takes the strings out of the JSON as they stand there: none has an
// escape in it (a test compares them with what encoding/json reads), and
// decoding them one by one costs four times the time and 85,000 allocations.
func unpack() map[string]struct{} {
	set := make(map[string]struct{}, 85_000)
	for _, name := range lists {
		quoted := false
		for p := range strings.SplitSeq(string(data.MustAsset("data/"+name+".json")), `"`) {
			if quoted && len(p) >= minStem {
				set[p] = struct{}{}
			}
			quoted = !quoted
		}
	}
	delete(set, "List") // the member that holds them
	return set
}

// afterthoughts are what people put behind a common password so that it passes
// a rule: password123, sunshine!, dragon_2026. More than mostAfterthoughts of
// them are something else: a long random number may have a word before it.
const (
	afterthoughts     = "0123456789!?.,;:*+-_#$%&@=~^ "
	mostAfterthoughts = 6
)

// minStem keeps short stems out of it: the lists have words of one letter.
const minStem = 4 // bytes

// Common reports whether a password is on a list, in any case, as it is or
// without its afterthoughts.
func Common(password string) bool {
	set := entries()
	password = strings.ToLower(password)
	if _, found := set[password]; found {
		return true
	}
	stem := strings.TrimRight(password, afterthoughts)
	if len(password)-len(stem) > mostAfterthoughts {
		return false
	}
	_, found := set[stem]
	return found
}
