// Package onetime mints tokens that open one thing once, such as a password
// reset, and turns them into the hash that is stored. It keeps nothing: that a
// token is used once is the business of the row that holds its hash.
package onetime

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// Keys hashes tokens under a key, so that a copy of the database alone can
// neither use nor check one.
type Keys struct{ key []byte }

// New returns Keys for a secret of at least 32 bytes.
func New(secret []byte) Keys { return Keys{key: secret} }

const size = 32 // bytes: 256 bits

var encoding = base64.RawURLEncoding.Strict()

// Mint returns a new token, 43 characters of base64url, and the hash to store.
func (k Keys) Mint() (token string, hash []byte) {
	raw := make([]byte, size)
	rand.Read(raw)
	token = encoding.EncodeToString(raw)
	return token, k.sum(raw)
}

// Hash returns the hash under which the token would be stored; ok is false
// when it does not have the form of a token.
func (k Keys) Hash(token string) (hash []byte, ok bool) {
	raw, err := encoding.DecodeString(token)
	if err != nil || len(raw) != size || len(token) != encoding.EncodedLen(size) {
		return nil, false
	}
	return k.sum(raw), true
}

func (k Keys) sum(raw []byte) []byte {
	mac := hmac.New(sha256.New, k.key)
	mac.Write(raw)
	return mac.Sum(nil)
}
