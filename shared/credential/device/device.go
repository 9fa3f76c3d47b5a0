// Package device makes and checks device tokens. A token proves that somebody has
// logged in to an account from this device before. It gives no access. It only
// gives the device a rate limit of its own, so that an attacker who uses up the
// account's limit does not lock the owner out (OWASP: "Slow Down Online Guessing
// Attacks with Device Cookies").
//
//	token := keys.Issue("ann", "", now)
//	id := keys.Open("ann", token, now)
//
// It refuses to store anything: a token is signed, and cannot be revoked before
// it expires.
package device

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Lifetime is how long a token is valid. Every login with it issues a new one for
// the same device.
const Lifetime = 180 * 24 * time.Hour

// Keys signs and checks tokens.
type Keys struct{ key []byte }

// New returns Keys for a secret of at least 32 bytes.
func New(secret []byte) Keys { return Keys{key: secret} }

const (
	idLen   = 16
	bodyLen = idLen + 8             // 8 bytes for the time of issue, in seconds since 1970
	rawLen  = bodyLen + sha256.Size // the last part is the signature
)

var encoding = base64.RawURLEncoding.Strict()

// Issue returns a token for an account and the device with that id. If id is ""
// or not an id, it makes a new one.
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

// Open returns the device's id, or "" if the token was not signed with this key,
// is for another account, or has expired.
func (k Keys) Open(username, token string, now time.Time) (id string) {
	if len(token) != encoding.EncodedLen(rawLen) {
		return ""
	}
	raw, err := encoding.DecodeString(token) // ignores line breaks, so check the length
	if err != nil || len(raw) != rawLen || !hmac.Equal(raw[bodyLen:], k.sign(username, raw[:bodyLen])) {
		return ""
	}
	issued := time.Unix(int64(binary.BigEndian.Uint64(raw[idLen:bodyLen])), 0) // #nosec G115 -- Issue has signed it
	if now.Sub(issued) > Lifetime {
		return ""
	}
	return encoding.EncodeToString(raw[:idLen])
}

func (k Keys) sign(username string, body []byte) []byte {
	mac := hmac.New(sha256.New, k.key)
	mac.Write([]byte("roster device\x00"))
	mac.Write(body) // of fixed length, so that it cannot be mistaken for a part of the name
	mac.Write([]byte(username))
	return mac.Sum(nil)
}
