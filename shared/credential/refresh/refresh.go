// Package refresh makes and opens refresh tokens (RFC 6749 §1.5, RFC 9700
// §4.14). A session has a line of them: each is used up by the next, its child,
// which is derived from it. So whoever presents the same token twice, because
// the answer was lost or two tabs asked at once, is answered the same child,
// though nothing that opens a session is stored anywhere but with its client.
//
// It refuses to know which token of a line is the one that is good. It tells
// what was minted here from what was not, and that is all.
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

// Keys make tokens.
type Keys struct{ key []byte }

// New returns Keys for a secret of at least 32 bytes. With another secret, every
// session ends when its access token does.
func New(secret []byte) Keys { return Keys{key: secret} }

// Token is one refresh token of a session.
type Token struct {
	Session    string // UUID, canonical
	Generation int64  // 1 for the token of the login
	secret     [secretLen]byte
}

const (
	sessionLen = 16
	bodyLen    = sessionLen + 4 + secretLen // and the generation
	secretLen  = 32                         // 256 bits
	tagLen     = 16                         // tells a token of ours before the database is asked
	rawLen     = bodyLen + tagLen
)

var encoding = base64.RawURLEncoding.Strict()

// First returns the first token of a session.
func (k Keys) First(session string) Token {
	t := Token{Session: session, Generation: 1}
	rand.Read(t.secret[:])
	return t
}

// Child returns the token that follows, always the same one.
func (k Keys) Child(t Token) Token {
	child := Token{Session: t.Session, Generation: t.Generation + 1}
	copy(child.secret[:], k.mac("roster refresh child", t.body()))
	return child
}

// Text is the token as its client keeps it.
func (k Keys) Text(t Token) string {
	body := t.body()
	return encoding.EncodeToString(append(body, k.mac("roster refresh tag", body)[:tagLen]...))
}

// Open returns the token of a text that Text made, and false for any other.
func (k Keys) Open(text string) (Token, bool) {
	if len(text) != encoding.EncodedLen(rawLen) {
		return Token{}, false
	}
	raw, err := encoding.DecodeString(text) // leaves out line breaks
	if err != nil || len(raw) != rawLen || !hmac.Equal(raw[bodyLen:], k.mac("roster refresh tag", raw[:bodyLen])[:tagLen]) {
		return Token{}, false
	}
	t := Token{Session: uuidOf(raw[:sessionLen]), Generation: int64(binary.BigEndian.Uint32(raw[sessionLen:]))}
	copy(t.secret[:], raw[bodyLen-secretLen:])
	return t, t.Generation < math.MaxUint32
}

// Hash is what is stored of a token. It has 256 random bits, so that a plain
// hash of it cannot be turned back.
func (t Token) Hash() []byte {
	sum := sha256.Sum256(t.body())
	return sum[:]
}

// String shows nothing of the token, so that no log does.
func (t Token) String() string { return "a refresh token of session " + t.Session }

// GoString does the same for %#v.
func (t Token) GoString() string { return t.String() }

func (t Token) body() []byte {
	body := make([]byte, bodyLen, rawLen)
	// First is given a UUID; of another text this would be a part.
	_, _ = hex.Decode(body[:sessionLen], []byte(strings.ReplaceAll(t.Session, "-", "")))
	binary.BigEndian.PutUint32(body[sessionLen:], uint32(t.Generation)) // #nosec G115 -- Open keeps it below
	copy(body[bodyLen-secretLen:], t.secret[:])
	return body
}

func (k Keys) mac(purpose string, body []byte) []byte {
	mac := hmac.New(sha256.New, k.key)
	mac.Write([]byte(purpose + "\x00"))
	mac.Write(body)
	return mac.Sum(nil)
}

func uuidOf(b []byte) string {
	s := hex.EncodeToString(b)
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}
