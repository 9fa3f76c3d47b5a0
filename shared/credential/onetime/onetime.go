// Package onetime makes tokens that can be used once, such as for a password
// reset, and computes the hash that is stored:
//
//	token, hash := keys.Mint()     // mail the token, store the hash
//	hash, ok := keys.Hash(token)   // find the row by the hash, and delete it
//
// It refuses to store anything. The database ensures that a token is used only
// once: its row is deleted when it is used.
package onetime

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// Keys computes hashes with a key (HMAC-SHA-256). So a copy of the database alone
// is not enough to use a token, or to check a guess.
type Keys struct{ key []byte }

// New returns Keys for a secret of at least 32 bytes.
func New(secret []byte) Keys { return Keys{key: secret} }

const tokenLen = 32 // bytes: 256 bits

var encoding = base64.RawURLEncoding.Strict()

// Mint returns a new token, 43 characters of base64url, and the hash to store.
func (k Keys) Mint() (token string, hash []byte) {
	raw := make([]byte, tokenLen)
	rand.Read(raw)
	token = encoding.EncodeToString(raw)
	return token, k.sum(raw)
}

// Hash returns the hash of a token. ok is false if it does not have the form of
// one.
func (k Keys) Hash(token string) (hash []byte, ok bool) {
	raw, err := encoding.DecodeString(token)
	if err != nil || len(raw) != tokenLen || len(token) != encoding.EncodedLen(tokenLen) {
		return nil, false
	}
	return k.sum(raw), true
}

func (k Keys) sum(raw []byte) []byte {
	mac := hmac.New(sha256.New, k.key)
	mac.Write(raw)
	return mac.Sum(nil)
}
