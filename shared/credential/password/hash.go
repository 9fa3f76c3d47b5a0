// Package password turns passwords into argon2id hashes and back into a yes or
// a no, and says which passwords are too weak to set. It knows nothing of
// users, and it refuses to compute a stored hash whose parameters are out of
// bounds, so that a row written by someone else cannot exhaust the machine.
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

// The parameters of new hashes: the OWASP Password Storage Cheat Sheet's
// second argon2id choice (memory in KiB), 16 bytes of salt and 32 of tag
// (RFC 9106 §4).
const (
	memory  = 19456
	passes  = 2
	lanes   = 1
	saltLen = 16
	tagLen  = 32
)

// Hasher makes and checks hashes. It computes at most one for each core at a
// time: a hash takes 19 MiB, and a process that serves many requests would
// otherwise hold that for each of them.
type Hasher struct {
	pepper []byte
	keyID  string
	slots  chan struct{}
	dummy  Hash
}

// NewHasher returns a Hasher. With a pepper the password goes through
// HMAC-SHA-256 under it before it is hashed, and each hash names the pepper
// (not its value), so that hashes made without one go on working.
func NewHasher(pepper string) *Hasher {
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

// ErrUnusable says that a stored hash cannot be checked: not a PHC string of
// argon2id, parameters out of bounds, or made with a pepper that is not ours.
var ErrUnusable = errors.New("the stored password hash cannot be used")

// Verify reports whether stored is the password's hash, and whether it should
// be made again because its parameters are not today's. An empty or unusable
// stored hash costs the same work and is never right; only for the unusable
// one does it answer ErrUnusable beside that. One that is cheaper than today's
// costs about the same, see Hash.rest; one that is dearer costs more.
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
	if rest, more := hash.rest(); more {
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
	return argon2.IDKey(secret, hash.salt, hash.passes, hash.memory, hash.lanes, uint32(len(hash.tag))) // #nosec G115 -- parse lets no tag of more than 64 bytes pass
}
