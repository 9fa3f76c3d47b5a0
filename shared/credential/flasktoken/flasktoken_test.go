package flasktoken_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"roster/shared/credential/flasktoken"
)

// made are tokens that Flask-JWT-Extended itself has made (tools/flask/tokens.py).
//
//go:embed testdata/tokens.json
var madeJSON []byte

type tokens struct {
	Secret string
	At     int64
	Good   map[string]string
	Bad    map[string]string
}

func made(t *testing.T) (m tokens, at time.Time, v *flasktoken.Verifier) {
	t.Helper()
	if err := json.Unmarshal(madeJSON, &m); err != nil || len(m.Good) < 5 || len(m.Bad) < 11 {
		t.Fatal(err, m)
	}
	at = time.Unix(m.At, 0).Add(time.Minute)
	return m, at, flasktoken.New([]byte(m.Secret), at.Add(time.Hour))
}

func TestTokensOfFlaskJWTExtendedAreAccepted(t *testing.T) {
	t.Parallel()
	m, at, v := made(t)
	for name, raw := range m.Good {
		if who, err := v.Verify(raw, at); err != nil || who != (flasktoken.Identity{ID: 7, Username: "Ann"}) {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
}

func TestOtherTokensOfFlaskJWTExtendedAreRefused(t *testing.T) {
	t.Parallel()
	m, at, v := made(t)
	for name, raw := range m.Bad {
		if who, err := v.Verify(raw, at); !errors.Is(err, flasktoken.ErrInvalid) || who.ID != 0 {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
}

func TestNoTokenIsAcceptedAfterTheStatedTime(t *testing.T) {
	t.Parallel()
	m, at, _ := made(t)
	v := flasktoken.New([]byte(m.Secret), at)
	if _, err := v.Verify(m.Good["access"], at.Add(-time.Second)); err != nil {
		t.Error("before:", err)
	}
	for _, late := range []time.Time{at, at.Add(time.Second), at.Add(time.Hour)} {
		if _, err := v.Verify(m.Good["access"], late); !errors.Is(err, flasktoken.ErrInvalid) {
			t.Errorf("at %v: %v", late, err)
		}
	}
}

type object = map[string]any

func forge(t *testing.T, header, claims object, sign func(content []byte) []byte) string {
	t.Helper()
	part := func(o object) string {
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	content := part(header) + "." + part(claims)
	return content + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(content)))
}

func with(o object, name string, value any) object {
	o = maps.Clone(o)
	if o[name] = value; value == nil {
		delete(o, name)
	}
	return o
}

// Each forgery differs in one thing from a token that is accepted.
func TestOneWrongThingIsEnoughToRefuseATokenOfTheFlaskService(t *testing.T) {
	t.Parallel()
	m, at, v := made(t)
	mac := func(content []byte) []byte {
		h := hmac.New(sha256.New, []byte(m.Secret))
		h.Write(content)
		return h.Sum(nil)
	}
	header := object{"alg": "HS256", "typ": "JWT"}
	claims := object{
		"fresh": false, "iat": at.Unix(), "nbf": at.Unix(), "exp": at.Add(time.Minute).Unix(), "jti": "7f86a6d8-6575-439d-81aa-a2bf7ad091fd",
		"type": "access", "sub": object{"id": 7, "username": "ann", "role": "ADMIN"},
	}
	good := forge(t, header, claims, mac)
	if who, err := v.Verify(good, at); err != nil || who != (flasktoken.Identity{ID: 7, Username: "ann"}) {
		t.Fatalf("%+v, %v", who, err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecdsaSignature := func(content []byte) []byte {
		signature, err := jwt.SigningMethodES256.Sign(string(content), key)
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	public, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	none := func([]byte) []byte { return nil }
	publicMAC := func(content []byte) []byte {
		h := hmac.New(crypto.SHA256.New, public)
		h.Write(content)
		return h.Sum(nil)
	}
	forgeries := map[string]string{
		"alg none":                    forge(t, with(header, "alg", "none"), claims, none),
		"alg None":                    forge(t, with(header, "alg", "None"), claims, none),
		"alg none with a MAC":         forge(t, with(header, "alg", "none"), claims, mac),
		"no signature":                forge(t, header, claims, none),
		"no alg":                      forge(t, with(header, "alg", nil), claims, mac),
		"alg in lower case":           forge(t, with(header, "alg", "hs256"), claims, mac),
		"signed with ECDSA":           forge(t, with(header, "alg", "ES256"), claims, ecdsaSignature),
		"ECDSA said to be HS256":      forge(t, header, claims, ecdsaSignature),
		"a public key as secret":      forge(t, header, claims, publicMAC),
		"our own typ":                 forge(t, with(header, "typ", "at+jwt"), claims, mac),
		"no typ":                      forge(t, with(header, "typ", nil), claims, mac),
		"a kid":                       forge(t, with(header, "kid", "1"), claims, mac),
		"a crit":                      forge(t, with(header, "crit", []string{"exp"}), claims, mac),
		"our own subject":             forge(t, header, with(claims, "sub", "01939e6e-5a7c-7bd0-8f0e-3a1f5d0c9b42"), mac),
		"a list of subjects":          forge(t, header, with(claims, "sub", []object{{"id": 7, "username": "ann"}}), mac),
		"no subject":                  forge(t, header, with(claims, "sub", nil), mac),
		"an id with a fraction":       forge(t, header, with(claims, "sub", object{"id": 7.5, "username": "ann"}), mac),
		"an id below 1":               forge(t, header, with(claims, "sub", object{"id": 0, "username": "ann"}), mac),
		"an id beyond 64 bits":        forge(t, header, with(claims, "sub", object{"id": 1e30, "username": "ann"}), mac),
		"issued in the future":        forge(t, header, with(claims, "iat", at.Add(time.Minute).Unix()), mac),
		"not valid yet":               forge(t, header, with(claims, "nbf", at.Add(time.Minute).Unix()), mac),
		"expired":                     forge(t, header, with(claims, "exp", at.Add(-time.Minute).Unix()), mac),
		"no iat":                      forge(t, header, with(claims, "iat", nil), mac),
		"no nbf":                      forge(t, header, with(claims, "nbf", nil), mac),
		"no exp":                      forge(t, header, with(claims, "exp", nil), mac),
		"a text as exp":               forge(t, header, with(claims, "exp", "1827348043"), mac),
		"no jti":                      forge(t, header, with(claims, "jti", nil), mac),
		"type refresh":                forge(t, header, with(claims, "type", "refresh"), mac),
		"no type":                     forge(t, header, with(claims, "type", nil), mac),
		"padding":                     good + "=",
		"a line break":                good[:20] + "\n" + good[20:],
		"four parts":                  good + ".x",
		"two parts":                   good[:strings.LastIndex(good, ".")],
		"other bits in the last byte": good[:len(good)-1] + string(good[len(good)-1]+1),
		"empty":                       "",
		"too long":                    forge(t, header, with(claims, "more", strings.Repeat("x", 4096)), mac),
	}
	for name, raw := range forgeries {
		if who, err := v.Verify(raw, at); !errors.Is(err, flasktoken.ErrInvalid) || who.ID != 0 {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
}

// Whoever sends a token chooses its text, and nothing of it may stop the program.
func FuzzVerify(f *testing.F) {
	var m tokens
	if err := json.Unmarshal(madeJSON, &m); err != nil {
		f.Fatal(err)
	}
	for _, raw := range m.Good {
		f.Add(raw)
	}
	for _, raw := range m.Bad {
		f.Add(raw)
	}
	at := time.Unix(m.At, 0).Add(time.Minute)
	v := flasktoken.New([]byte(m.Secret), at.Add(time.Hour))
	f.Fuzz(func(t *testing.T, raw string) {
		if who, err := v.Verify(raw, at); err == nil && (who.ID != 7 || who.Username != "Ann") {
			t.Errorf("%q gives %+v", raw, who)
		}
	})
}
