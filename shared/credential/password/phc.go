package password

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"golang.org/x/crypto/argon2"
)

// Hash is one parsed PHC string
// (github.com/P-H-C/phc-string-format): $argon2id$v=19$m=..,t=..,p=..[,keyid=..]$salt$tag.
type Hash struct {
	memory, passes uint32
	lanes          uint8
	keyID          string
	salt, tag      []byte
}

// String returns the PHC string.
func (h Hash) String() string {
	key := ""
	if h.keyID != "" {
		key = ",keyid=" + h.keyID
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d%s$%s$%s", argon2.Version,
		h.memory, h.passes, h.lanes, key, b64.EncodeToString(h.salt), b64.EncodeToString(h.tag))
}

// stale reports whether a new hash would have other parameters.
func (h Hash) stale(keyID string) bool {
	return h.memory != memory || h.passes != passes || h.lanes != lanes || h.keyID != keyID ||
		len(h.salt) != saltLen || len(h.tag) != tagLen
}

// remainder returns a hash that makes up for a cheaper one: computing both is as
// much work, memory times passes, as a new hash. The time is about the same, but
// not equal, because less memory fits better into the processor's caches. With
// several lanes the times differ more. It reports false if h is not cheaper.
func (h Hash) remainder() (remainder Hash, cheaper bool) {
	const full = memory * passes
	work := h.memory * h.passes
	if work >= full {
		return Hash{}, false
	}
	n := (full - work + memory - 1) / memory // so that it needs no more memory than a new hash
	return Hash{
		memory: (full - work) / n, passes: n, lanes: lanes,
		keyID: h.keyID, salt: make([]byte, saltLen), tag: make([]byte, tagLen),
	}, true
}

// phcForm is compiled at its first use, because many functions link this package
// and hash nothing. NewHasher uses it, so that the first login of a process takes
// no longer for an account that exists than for one that does not.
var phcForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\$argon2id\$v=19` +
		`\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)(?:,keyid=([A-Za-z0-9+/]{1,11}))?` +
		`\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$`)
})

// A stored hash is computed only within these bounds. A function with 1 GB of
// memory can compute the most expensive one, for both forms of a password, within
// its time limit.
const (
	minMemory, maxMemory = 8, 256 * 1024 // KiB
	maxPasses            = 10
	maxWork              = 4 * maxMemory // KiB times passes
	maxLanes             = 16
)

func parse(s string) (Hash, error) {
	m := phcForm().FindStringSubmatch(s)
	if m == nil {
		return Hash{}, fmt.Errorf("%w: not a PHC string of argon2id", ErrUnusable)
	}
	mem, _ := strconv.ParseUint(m[1], 10, 32)
	t, _ := strconv.ParseUint(m[2], 10, 32)
	p, _ := strconv.ParseUint(m[3], 10, 8)
	if mem < minMemory || mem > maxMemory || t > maxPasses || mem*t > maxWork || p > maxLanes || mem < 8*p {
		return Hash{}, fmt.Errorf("%w: its parameters are out of bounds", ErrUnusable)
	}
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(m[5])
	tag, err2 := base64.RawStdEncoding.Strict().DecodeString(m[6])
	if err1 != nil || err2 != nil {
		return Hash{}, fmt.Errorf("%w: its salt or tag is not base64", ErrUnusable)
	}
	return Hash{memory: uint32(mem), passes: uint32(t), lanes: uint8(p), keyID: m[4], salt: salt, tag: tag}, nil
}
