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

func common(password string) bool {
	_, found := commonPasswords()[strings.ToLower(password)]
	return found
}
