package password

import (
	"encoding/json"
	"strings"
	"sync"

	"github.com/ccojocar/zxcvbn-go/data"
)

// commonPasswords is the list that zxcvbn-go carries (MIT), 7,141 entries of
// any length. It is unpacked at the first password that is set, not at start:
// most functions that link it are started for something else.
var commonPasswords = sync.OnceValue(func() map[string]struct{} {
	var list struct{ List []string }
	if err := json.Unmarshal(data.MustAsset("data/Passwords.json"), &list); err != nil {
		panic("the list of common passwords is not JSON: " + err.Error())
	}
	set := make(map[string]struct{}, len(list.List))
	for _, p := range list.List {
		set[p] = struct{}{}
	}
	return set
})

// afterthoughts are what people put behind a common password so that it passes
// a rule: password123, sunshine!, dragon_2026.
const afterthoughts = "0123456789!?.,;:*+-_#$%&@=~^ "

// minStem keeps short stems out of it: the list has words of one letter.
const minStem = 4 // bytes

// common reports whether a password is on the list, as it is or without its
// afterthoughts.
func common(password string) bool {
	password = strings.ToLower(password)
	if _, found := commonPasswords()[password]; found {
		return true
	}
	stem := strings.TrimRight(password, afterthoughts)
	_, found := commonPasswords()[stem]
	return found && len(stem) >= minStem
}
