// Package cursor signs the cursors of lists, so that a client can send back only
// what an answer gave it, and only with the query that the answer was for:
//
//	text := keys.Seal(query, position)
//	position, ok := keys.Open(query, text)
//
// A cursor gives no access and hides nothing. The package refuses to know what a
// position is.
package cursor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// Keys signs with a key (HMAC-SHA-256).
type Keys struct{ key []byte }

// New returns Keys for a secret of at least 32 bytes.
func New(secret []byte) Keys { return Keys{key: secret} }

// macLen is the length of a signature in bytes: 128 bits (NIST SP 800-107 §5.3.4
// asks for 32 or more where a guess must be sent to the verifier).
const macLen = 16

// Seal returns a cursor for a position, in base64url. It is good only with the same
// query.
func (k Keys) Seal(query string, position []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(k.mac(query, position), position...))
}

// Open returns the position of a cursor. ok is false if Seal has not made it, or has
// made it for another query.
func (k Keys) Open(query, text string) (position []byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < macLen || len(text) != base64.RawURLEncoding.EncodedLen(len(raw)) { // the decoder ignores line breaks
		return nil, false
	}
	position = raw[macLen:]
	return position, hmac.Equal(raw[:macLen], k.mac(query, position))
}

func (k Keys) mac(query string, position []byte) []byte {
	digest := sha256.Sum256([]byte(query)) // of a fixed length, so that query and position cannot be mixed up
	mac := hmac.New(sha256.New, k.key)
	mac.Write([]byte("roster cursor\x00"))
	mac.Write(digest[:])
	mac.Write(position)
	return mac.Sum(nil)[:macLen]
}
