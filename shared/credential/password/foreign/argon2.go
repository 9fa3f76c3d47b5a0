package foreign

import (
	"strings"

	"golang.org/x/crypto/argon2"
)

func parseArgon2id(_ digest, rest string) (check, error) { return parseArgon2(true, rest) }

func parseArgon2i(_ digest, rest string) (check, error) { return parseArgon2(false, rest) }

// parseArgon2 reads v=19$m=65536,t=3,p=4$salt$tag, as the reference implementation
// writes it.
func parseArgon2(id bool, rest string) (check, error) {
	rest, ok := strings.CutPrefix(rest, "v=19$")
	if !ok {
		return nil, Refused("is argon2 of another version than 1.3" + otherReason)
	}
	parts, err := fields(rest, 3)
	if err != nil {
		return nil, err
	}
	n, err := named(parts[0], "m", "t", "p")
	if err != nil {
		return nil, err
	}
	memory, passes, lanes := n[0], n[1], n[2]
	if memory > maxArgonMemory || passes > min(maxArgonPasses, maxArgonWork/memory) || lanes > maxArgonLanes {
		return nil, errBounds
	}
	if memory < 8*lanes {
		return nil, errForm
	}
	salt, err1 := unpadded(parts[1], 8, maxSalt)
	tag, err2 := unpadded(parts[2], 16, 64)
	if err1 != nil || err2 != nil {
		return nil, errForm
	}
	key := argon2.Key
	if id {
		key = argon2.IDKey
	}
	return func(password string) bool {
		// #nosec G115 -- all are bounded above
		return equal(key([]byte(password), salt, uint32(passes), uint32(memory), uint8(lanes), uint32(len(tag))), tag)
	}, nil
}
