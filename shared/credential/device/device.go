// Package device makes and checks device tokens: proof that somebody has
// logged in to an account from this device before. A token opens nothing. It
// only gives the device a budget of its own for passwords, so that an attacker
// who uses up an account's budget does not lock its owner out (OWASP: "Slow
// Down Online Guessing Attacks with Device Cookies").
//
// It keeps nothing: a token is signed, not stored, and cannot be taken back
// before it ends.
package device

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Lifetime is how long a token is good since it was last answered.
const Lifetime = 180 * 24 * time.Hour

// Keys signs tokens.
type Keys struct{ key []byte }

// New returns Keys for a secret of at least 32 bytes.
func New(secret []byte) Keys { return Keys{key: secret} }

const (
	idLen   = 16
	bodyLen = idLen + 8             // and the time of issue, seconds since 1970
	rawLen  = bodyLen + sha256.Size // and the signature
)

var encoding = base64.RawURLEncoding.Strict()

// Issue returns a token of a device for an account: of the one with that id, or
// of a new one when id is "".
func (k Keys) Issue(username, id string, now time.Time) string {
	raw := make([]byte, bodyLen, rawLen)
	if known, err := encoding.DecodeString(id); err == nil && len(known) == idLen {
		copy(raw, known)
	} else {
		rand.Read(raw[:idLen])
	}
	binary.BigEndian.PutUint64(raw[idLen:], uint64(now.Unix())) // #nosec G115 -- a time after 1970
	return encoding.EncodeToString(append(raw, k.sign(username, raw)...))
}

// Open returns the device's id, or "" for a token that is not ours, not this
// account's, or too old.
func (k Keys) Open(username, token string, now time.Time) (id string) {
	if len(token) != encoding.EncodedLen(rawLen) {
		return ""
	}
	raw, err := encoding.DecodeString(token) // leaves out line breaks
	if err != nil || len(raw) != rawLen || !hmac.Equal(raw[bodyLen:], k.sign(username, raw[:bodyLen])) {
		return ""
	}
	issued := time.Unix(int64(binary.BigEndian.Uint64(raw[idLen:bodyLen])), 0) // #nosec G115 -- what we signed, see above
	if now.Sub(issued) > Lifetime {
		return ""
	}
	return encoding.EncodeToString(raw[:idLen])
}

func (k Keys) sign(username string, body []byte) []byte {
	mac := hmac.New(sha256.New, k.key)
	mac.Write([]byte("roster device\x00"))
	mac.Write(body) // of fixed length, so that no name can pass for a part of it
	mac.Write([]byte(username))
	return mac.Sum(nil)
}
