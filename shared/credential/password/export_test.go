package password

import "crypto/subtle"

// Parse is parse, so that the fuzzer need not compute a hash for each try.
var Parse = parse

// Work is how many KiB a hash goes over in all its passes, with what is added
// to a cheaper one, and the most memory that it takes at a time.
func (h Hash) Work() (work, most uint32) {
	rest, _ := h.rest()
	return h.memory*h.passes + rest.memory*rest.passes, max(h.memory, rest.memory)
}

// Opens is Verify of a usable hash, without what is added to a cheaper one.
func (h *Hasher) Opens(hash Hash, password string) bool {
	return subtle.ConstantTimeCompare(h.compute(hash, password), hash.tag) == 1
}
