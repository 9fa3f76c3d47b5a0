package token_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"roster/shared/credential/token"
)

// Each row is a token with a correct signature and one wrong claim. RFC 8725
// §3.1, §3.8, §3.9, §3.11; CVE-2020-26160.
func TestOneWrongClaimIsEnoughToRefuseAToken(t *testing.T) {
	t.Parallel()
	at := now.Unix()
	wrong := map[string][]any{
		"iss": {"", issuer + "/", "http://accounts.example.com", []string{issuer}},
		"aud": {
			"", "other",
			[]string{},
			[]string{""},
			[]string{"other"},
			[]any{[]string{audience}},
			[]string{audience, "other"},
			[]string{"other", audience},
			[]string{audience, audience},
		},
		"sub": {"", []string{subject}},
		"jti": {"", []string{"1"}},
		"ver": {0, -1, 1.5, "7", int64(math.MaxInt64), 1e300},
		"sid": {"", strings.ToUpper(session), session + "0", session[1:], "{" + session + "}", session + "\n", 1, []string{session}},
		"role": {
			"", "user", "User", "USER ", "USER,ADMIN", "1USER", strings.Repeat("A", 33), 1,
			[]string{"USER"},
			[]string{"USER", "ADMIN"},
		},
		"exp": {0, -1, at - 3600, at - 5, fmt.Sprint(at + 300), at + 601, at + 86400*365, 1e300, -1e300},
		"nbf": {at - 1, at + 6, at + 3600, fmt.Sprint(at), 1e300},
		"iat": {at + 6, at + 3600, at - 1, at - 3600, fmt.Sprint(at), 1e300, -1e300},
	}
	for claim, values := range wrong {
		for _, v := range append(values, absent{}, nil, true, object{}, []any{}, []any{nil}) {
			t.Run(fmt.Sprintf("%s=%#v", claim, v), func(t *testing.T) {
				t.Parallel()
				wantRefusal(t, claim, signer(), forge(t, validHeader(), validClaims().with(claim, v)), now)
			})
		}
	}
}

func TestAudienceMayBeAString(t *testing.T) {
	t.Parallel() // RFC 7519 §4.1.3 allows it for a single audience
	raw := forge(t, validHeader(), validClaims().with("aud", audience))
	if _, err := signer().Verify(raw, now); err != nil {
		t.Error(err)
	}
}

func TestATokenThatLacksClaimsIsRefused(t *testing.T) {
	t.Parallel()
	claims := object{}
	for _, name := range []string{"iss", "aud", "sub", "jti", "ver", "iat", "nbf", "sid", "role"} {
		claims[name] = validClaims()[name]
		wantRefusal(t, "without exp and more, with "+name, signer(), forge(t, validHeader(), claims), now)
	}
}

func TestOneWrongHeaderIsEnoughToRefuseAToken(t *testing.T) {
	t.Parallel()
	wrong := map[string][]any{
		"alg": {
			"none", "None", "NONE", "nOnE", "none ", "", "hs256", "HS256 ", "HS384", "HS512", "RS256", "RS384", "RS512",
			"PS256", "ES256", "ES384", "ES512", "EdDSA", "HS1", "A256GCM",
			[]string{"HS256"},
			object{},
			nil,
			absent{},
			1, true,
		},
		"typ":  {"JWT", "jwt", "", "at+JWT", "application/at+jwt", "at+jwt ", "rt+jwt", "logout+jwt", []string{"at+jwt"}, nil, absent{}, 1},
		"crit": {[]string{"exp"}, []string{"b64"}, []string{}, "exp", true, 0, object{}},
	}
	for name, values := range wrong {
		for _, v := range values {
			t.Run(fmt.Sprintf("%s=%#v", name, v), func(t *testing.T) {
				t.Parallel()
				wantRefusal(t, name, signer(), forge(t, validHeader().with(name, v), validClaims()), now)
			})
		}
	}
}

// Headers that propose a key do not change which key is used (RFC 8725 §3.10).
func TestKeyHintsAreIgnored(t *testing.T) {
	t.Parallel()
	hints := map[string]any{
		"kid": "../../../dev/null", "jku": "https://evil.example/keys", "x5u": "https://evil.example/cert",
		"jwk": object{"kty": "oct", "k": encode([]byte("evil"))}, "x5c": []string{"AAAA"}, "zip": "DEF",
	}
	for name, v := range hints {
		if _, err := signer().Verify(forge(t, validHeader().with(name, v), validClaims()), now); err != nil {
			t.Errorf("a valid token is refused because it has %s: %v", name, err)
		}
	}
	evil := token.NewHS256([]byte("evil"), issuer, audience)
	raw, _, err := evil.Issue(issuedTo, now)
	if err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, "signed with an attacker's key", signer(), raw, now)
}

func TestLifetimeIsBounded(t *testing.T) {
	t.Parallel()
	longest := validClaims().with("iat", now.Unix()-60).with("nbf", now.Unix()-60).with("exp", now.Add(token.Lifetime-time.Minute).Unix())
	if _, err := signer().Verify(forge(t, validHeader(), longest), now); err != nil {
		t.Errorf("the longest that is issued: %v", err)
	}
	tooLong := longest.with("exp", now.Add(token.Lifetime-time.Minute).Unix()+1)
	wantRefusal(t, "one second more", signer(), forge(t, validHeader(), tooLong), now)
}
