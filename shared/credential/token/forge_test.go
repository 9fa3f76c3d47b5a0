package token_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"roster/shared/credential/token"
)

const (
	secret   = "0123456789abcdef0123456789abcdef"
	issuer   = "https://accounts.example.com"
	audience = "roster"
	subject  = "01939e6e-5a7c-4bd0-8f0e-3a1f5d0c9b42"
	session  = "01939e6e-5a7c-4bd0-8f0e-3a1f5d0c9b43"
)

var (
	now      = time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC)
	issuedTo = token.Claims{Subject: subject, Session: session, Role: "USER", Version: 7}
)

// signer returns a service with the shared secret.
func signer() *token.Service { return token.NewHS256([]byte(secret), issuer, audience) }

func issue(t testing.TB) string {
	t.Helper()
	return issueBy(t, signer())
}

func issueBy(t testing.TB, s *token.Service) string {
	t.Helper()
	raw, _, err := s.Issue(issuedTo, now)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// object is a JSON object of a token.
type object map[string]any

// absent is the value that makes with remove a member.
type absent struct{}

// with returns a copy of the object with this member.
func (o object) with(name string, value any) object {
	o = maps.Clone(o)
	o[name] = value
	if value == (absent{}) {
		delete(o, name)
	}
	return o
}

func validHeader() object { return object{"alg": "HS256", "typ": "at+jwt"} }

func validClaims() object {
	return object{
		"iss": issuer, "aud": []string{audience}, "sub": subject, "jti": "1", "ver": 7, "sid": session, "role": "USER",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(token.Lifetime).Unix(),
	}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func segment(t testing.TB, o object) string {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return encode(b)
}

// sign makes a token from any two segments, with a correct signature.
func sign(header, claims string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(header + "." + claims))
	return header + "." + claims + "." + encode(mac.Sum(nil))
}

// forge makes a token with a correct signature from any contents.
func forge(t testing.TB, header, claims object) string {
	t.Helper()
	return sign(segment(t, header), segment(t, claims))
}
