package password

import (
	"crypto/rand"
	"crypto/subtle"
)

// Parse is parse. With it the fuzzer does not have to compute a hash each time.
var Parse = parse

// Work returns the work of verifying a hash, with the remainder, as memory in KiB
// times passes. It also returns the most memory that is needed at a time, in KiB.
func (h Hash) Work() (work, maxMemory uint32) {
	rest, _ := h.remainder()
	return h.memory*h.passes + rest.memory*rest.passes, max(h.memory, rest.memory)
}

// Matches is Verify of a usable hash without the remainder.
func (h *Hasher) Matches(hash Hash, password string) bool {
	return subtle.ConstantTimeCompare(h.compute(hash, password), hash.tag) == 1
}

// HashAsGiven is Hash without normalization, as another system may make it.
func (h *Hasher) HashAsGiven(password string) string {
	hash := Hash{memory: memory, passes: passes, lanes: lanes, salt: make([]byte, saltLen), tag: make([]byte, tagLen)}
	rand.Read(hash.salt)
	hash.tag = h.compute(hash, password)
	return hash.String()
}
