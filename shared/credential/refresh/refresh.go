// Package refresh makes and parses refresh tokens (RFC 6749 §1.5, RFC 9700
// §4.14). A session has a chain of them. Using a token replaces it with its child,
// which is derived from it and from a key. So a client that sends a token twice
// gets the same child twice: because the answer was lost, or because two tabs
// sent it at once. Only the client stores the tokens; the database has hashes.
//
//	first := keys.First(session)
//	text := keys.Encode(first)
//	token, ok := keys.Parse(text)
//	child := keys.Child(token)
//
// It refuses to know which token of a chain is the current one. It only tells
// tokens that were made with its key from other strings.
package refresh

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
)

// Keys makes and parses tokens.
type Keys struct{ key []byte }

// New returns Keys for a secret of at least 32 bytes. Changing the secret ends
// every session when its access token expires.
func New(secret []byte) Keys { return Keys{key: secret} }

// Token is one refresh token of a session.
type Token struct {
	Session    string // UUID, in canonical form
	Generation int64  // 1 for the token that login returns
	secret     [secretLen]byte
}

const (
	sessionLen = 16
	bodyLen    = sessionLen + 4 + secretLen // 4 bytes for the generation
	secretLen  = 32                         // 256 bits
	tagLen     = 16                         // a forged token is refused without asking the database
	rawLen     = bodyLen + tagLen
)

var encoding = base64.RawURLEncoding.Strict()

// First returns the first token of a session.
func (k Keys) First(session string) Token {
	t := Token{Session: session, Generation: 1}
	rand.Read(t.secret[:])
	return t
}

// Child returns the token that replaces this one, always the same.
func (k Keys) Child(t Token) Token {
	child := Token{Session: t.Session, Generation: t.Generation + 1}
	copy(child.secret[:], k.mac("roster refresh child", t.body()))
	return child
}

// Encode returns the token as the client stores it.
func (k Keys) Encode(t Token) string {
	body := t.body()
	return encoding.EncodeToString(append(body, k.mac("roster refresh tag", body)[:tagLen]...))
}

// Parse returns the token that Encode turned into this text, and false for any
// other text.
func (k Keys) Parse(text string) (Token, bool) {
	if len(text) != encoding.EncodedLen(rawLen) {
		return Token{}, false
	}
	raw, err := encoding.DecodeString(text) // ignores line breaks, so check the length
	if err != nil || len(raw) != rawLen || !hmac.Equal(raw[bodyLen:], k.mac("roster refresh tag", raw[:bodyLen])[:tagLen]) {
		return Token{}, false
	}
	t := Token{Session: formatUUID(raw[:sessionLen]), Generation: int64(binary.BigEndian.Uint32(raw[sessionLen:]))}
	copy(t.secret[:], raw[bodyLen-secretLen:])
	return t, t.Generation < math.MaxUint32
}

// Hash returns the hash to store. A plain hash is enough, because a token has 256
// random bits and cannot be guessed.
func (t Token) Hash() []byte {
	sum := sha256.Sum256(t.body())
	return sum[:]
}

// String shows the session only, so that no log shows a token.
func (t Token) String() string { return "a refresh token of session " + t.Session }

// GoString does the same for %#v.
func (t Token) GoString() string { return t.String() }

func (t Token) body() []byte {
	body := make([]byte, bodyLen, rawLen)
	// The session is a UUID, so this cannot fail.
	_, _ = hex.Decode(body[:sessionLen], []byte(strings.ReplaceAll(t.Session, "-", "")))
	binary.BigEndian.PutUint32(body[sessionLen:], uint32(t.Generation)) // #nosec G115 -- Parse refuses a larger one
	copy(body[bodyLen-secretLen:], t.secret[:])
	return body
}

func (k Keys) mac(purpose string, body []byte) []byte {
	mac := hmac.New(sha256.New, k.key)
	mac.Write([]byte(purpose + "\x00"))
	mac.Write(body)
	return mac.Sum(nil)
}

func formatUUID(b []byte) string {
	s := hex.EncodeToString(b)
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}
