// Package device makes device tokens and computes the hash that is stored. A
// token proves that somebody has logged in to an account from this device
// before. It gives no access. It only lets the device use the budget of the
// account's known devices, so that strangers who use up theirs do not lock the
// owner out (OWASP: "Slow Down Online Guessing Attacks with Device Cookies").
//
//	token, hash := keys.Mint()     // answer the token, store the hash
//	hash, ok := keys.Hash(token)   // find the device by the hash
//
// It refuses to store anything. The database knows which devices an account has,
// and forgets them when its password changes.
package device

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// Keys computes hashes with a key (HMAC-SHA-256).
type Keys struct{ key []byte }

// New returns Keys for a secret of at least 32 bytes.
func New(secret []byte) Keys { return Keys{key: secret} }

const tokenLen = 32 // bytes: 256 bits

var encoding = base64.RawURLEncoding.Strict()

// Mint returns a new token, 43 characters of base64url, and the hash to store.
func (k Keys) Mint() (token string, hash []byte) {
	raw := make([]byte, tokenLen)
	rand.Read(raw)
	return encoding.EncodeToString(raw), k.sum(raw)
}

// Hash returns the hash of a token. ok is false if it does not have the form of
// one, as the tokens of earlier releases do not.
func (k Keys) Hash(token string) (hash []byte, ok bool) {
	raw, err := encoding.DecodeString(token) // ignores line breaks, so check the length
	if err != nil || len(raw) != tokenLen || len(token) != encoding.EncodedLen(tokenLen) {
		return nil, false
	}
	return k.sum(raw), true
}

func (k Keys) sum(raw []byte) []byte {
	mac := hmac.New(sha256.New, k.key)
	mac.Write([]byte("roster device\x00")) // the secret serves other tokens, too
	mac.Write(raw)
	return mac.Sum(nil)
}
