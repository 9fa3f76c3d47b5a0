// Package password hashes passwords with argon2id, verifies them, and says which
// new passwords are too weak:
//
//	hasher := password.NewHasher(pepper)
//	stored := hasher.Hash("correct horse battery")
//	ok, stale, err := hasher.Verify(stored, "correct horse battery")
//
// It also verifies hashes that other systems have made, see package foreign.
//
// It knows nothing about users. It refuses to compute a stored hash whose
// parameters are out of bounds, so that a row that an attacker has written cannot
// use up the memory or the time of the function.
package password

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
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
	hash.tag = h.compute(hash, norm.NFC.String(password))
	return hash.String()
}

// ErrUnusable says that a stored hash cannot be verified: no format fits, its
// parameters are out of bounds, or it needs another pepper. The error says which.
var ErrUnusable = errors.New("the stored password hash cannot be used")

// compute returns the tag that the hash would have if it were of the password.
func (h *Hasher) compute(hash Hash, password string) []byte {
	h.slots <- struct{}{}
	defer func() { <-h.slots }()
	secret := []byte(password)
	if hash.keyID != "" {
		mac := hmac.New(sha256.New, h.pepper)
		mac.Write(secret)
		secret = mac.Sum(nil)
	}
	length := uint32(len(hash.tag)) // #nosec G115 -- parse refuses a tag of more than 64 bytes
	return argon2.IDKey(secret, hash.salt, hash.passes, hash.memory, hash.lanes, length)
}
