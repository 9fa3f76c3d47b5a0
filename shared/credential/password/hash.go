// Package password hashes passwords with argon2id, verifies them, and says which
// new passwords are too weak:
//
//	hasher := password.NewHasher(pepper)
//	stored := hasher.Hash("correct horse battery")
//	ok, stale, err := hasher.Verify(stored, "correct horse battery")
//
// It knows nothing about users. It refuses to compute a stored hash whose
// parameters are out of bounds, so that a row that an attacker has written cannot
// use up the memory or the time of the function.
package password

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// The parameters of new hashes: the second argon2id configuration of the OWASP
// Password Storage Cheat Sheet, and the lengths of RFC 9106 §4.
const (
	memory  = 19456 // KiB
	passes  = 2
	lanes   = 1
	saltLen = 16 // bytes
	tagLen  = 32 // bytes
)

// Hasher makes and verifies hashes. It computes at most one per core at a time,
// because each takes 19 MiB, and one process may serve many requests. It is safe
// for concurrent use.
type Hasher struct {
	pepper []byte
	keyID  string        // identifies the pepper, "" for none
	slots  chan struct{} // a semaphore
	dummy  Hash          // no password has this hash
}

// NewHasher returns a Hasher. If the pepper is not "", it is the key of an
// HMAC-SHA-256 of the password, and that is what is hashed. Each hash names the
// pepper by an id, so that hashes without a pepper still verify.
func NewHasher(pepper string) *Hasher {
	phcForm()
	h := &Hasher{slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	if pepper != "" {
		h.pepper = []byte(pepper)
		id := sha256.Sum256([]byte("roster password pepper id\x00" + pepper))
		h.keyID = base64.RawStdEncoding.EncodeToString(id[:6])
	}
	h.dummy = Hash{memory: memory, passes: passes, lanes: lanes, keyID: h.keyID, salt: make([]byte, saltLen), tag: make([]byte, tagLen)}
	return h
}

// Hash returns the password's hash as a PHC string.
func (h *Hasher) Hash(password string) string {
	hash := Hash{memory: memory, passes: passes, lanes: lanes, keyID: h.keyID, salt: make([]byte, saltLen), tag: make([]byte, tagLen)}
	rand.Read(hash.salt)
	hash.tag = h.compute(hash, password)
	return hash.String()
}

// ErrUnusable says that a stored hash cannot be verified: it is not a PHC string
// of argon2id, its parameters are out of bounds, or it needs another pepper.
var ErrUnusable = errors.New("the stored password hash cannot be used")

// Verify reports whether stored is a hash of the password. It reports stale if
// the hash should be replaced, because a new one would have other parameters.
//
// No password matches an empty or unusable hash; for an unusable one the error
// is ErrUnusable. Verify takes the same time for both, and about the same time
// for a hash that is cheaper than a new one, see Hash.remainder. Only a more
// expensive hash takes longer.
func (h *Hasher) Verify(stored, password string) (ok, stale bool, err error) {
	hash := h.dummy
	usable := false
	if stored != "" {
		if hash, err = parse(stored); err == nil && hash.keyID != "" && hash.keyID != h.keyID {
			err = fmt.Errorf("%w: made with another SECURITY_PASSWORD_SALT", ErrUnusable)
		}
		if usable = err == nil; !usable {
			hash = h.dummy
		}
	}
	same := subtle.ConstantTimeCompare(h.compute(hash, password), hash.tag) == 1
	if rest, more := hash.remainder(); more {
		h.compute(rest, password)
	}
	return usable && same, hash.stale(h.keyID), err
}

func (h *Hasher) compute(hash Hash, password string) []byte {
	h.slots <- struct{}{}
	defer func() { <-h.slots }()
	secret := []byte(norm.NFC.String(password))
	if hash.keyID != "" {
		mac := hmac.New(sha256.New, h.pepper)
		mac.Write(secret)
		secret = mac.Sum(nil)
	}
	length := uint32(len(hash.tag)) // #nosec G115 -- parse refuses a tag of more than 64 bytes
	return argon2.IDKey(secret, hash.salt, hash.passes, hash.memory, hash.lanes, length)
}
