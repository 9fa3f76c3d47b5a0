package token_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func TestOnlyACompactJWSIsAccepted(t *testing.T) {
	t.Parallel()
	raw := issue(t)
	parts := strings.Split(raw, ".")
	for name, forged := range map[string]string{
		"empty":                       "",
		"a word":                      "token",
		"dots only":                   "..",
		"no signature":                parts[0] + "." + parts[1] + ".",
		"no header":                   "." + parts[1] + "." + parts[2],
		"two segments":                parts[0] + "." + parts[1],
		"four segments":               raw + "." + parts[2],
		"one more dot":                raw + ".",
		"the JWE form":                raw + "." + parts[1] + "." + parts[2],
		"a space before":              " " + raw,
		"a space behind":              raw + " ",
		"a line break behind":         raw + "\n",
		"a line break in the tag":     raw[:len(raw)-4] + "\r\n" + raw[len(raw)-4:],
		"padding":                     raw + "=",
		"the prefix Bearer":           "Bearer " + raw,
		"JSON serialisation":          `{"payload":"` + parts[1] + `"}`,
		"segments swapped":            parts[1] + "." + parts[0] + "." + parts[2],
		"another token's claims":      parts[0] + "." + strings.Split(issue(t), ".")[1] + "." + parts[2],
		"NUL":                         raw + "\x00",
		"invalid UTF-8":               raw + "\xff",
		"a look-alike letter":         strings.Replace(raw, "e", "е", 1),
		"claims that are an array":    sign(parts[0], encode([]byte(`[]`))),
		"claims that are null":        sign(parts[0], encode([]byte(`null`))),
		"claims with something after": sign(parts[0], encode([]byte(`{} {}`))),
		"claims that are not JSON":    sign(parts[0], encode([]byte(`{`))),
		"a header that is an array":   sign(encode([]byte(`[]`)), parts[1]),
		"a header that is null":       sign(encode([]byte(`null`)), parts[1]),
	} {
		wantRefusal(t, name, signer(), forged, now)
	}
}

// CVE-2025-30204: long tokens, or tokens with many dots, must not cost much.
// Allocations are counted for the whole process, so this test is not parallel.
func TestHugeTokensAreRefusedCheaply(t *testing.T) {
	for name, raw := range map[string]string{
		"dots":           strings.Repeat(".", 1<<20),
		"letters":        strings.Repeat("a", 1<<20),
		"a huge claim":   forge(t, validHeader(), validClaims().with("jti", strings.Repeat("a", 8<<10))),
		"a huge header":  forge(t, validHeader().with("kid", strings.Repeat("a", 8<<10)), validClaims()),
		"letters, dots":  strings.Repeat("a.", 1<<19),
		"one byte above": strings.Repeat("a", 4090) + ".a.aaaa",
	} {
		s := signer()
		wantRefusal(t, name, s, raw, now)
		if n := testing.AllocsPerRun(1, func() { _, _ = s.Verify(raw, now) }); n > 10 {
			t.Errorf("%s: %v allocations before the refusal", name, n)
		}
	}
}

func TestATokenWithAFlippedBitIsRefused(t *testing.T) {
	t.Parallel()
	raw := issue(t)
	for i := range len(raw) {
		for bit := range 8 {
			flipped := []byte(raw)
			flipped[i] ^= 1 << bit
			wantRefusal(t, string(flipped), signer(), string(flipped), now)
		}
	}
}

func TestEveryPrefixAndSuffixOfATokenIsRefused(t *testing.T) {
	t.Parallel()
	raw := issue(t)
	for i := 1; i <= len(raw); i++ {
		wantRefusal(t, "prefix", signer(), raw[:len(raw)-i], now)
		wantRefusal(t, "suffix", signer(), raw[i:], now)
	}
}

// CVE-2015-9235, CVE-2016-5431: a token with a correct signature by another
// algorithm is refused because of the algorithm, before its key matters.
func TestOtherAlgorithmsAreRefused(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method jwt.SigningMethod
		key    any
	}{
		{jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType},
		{jwt.SigningMethodHS384, []byte(secret)},
		{jwt.SigningMethodHS512, []byte(secret)},
		{jwt.SigningMethodES256, key},
	} {
		tok := jwt.NewWithClaims(c.method, jwt.MapClaims(validClaims()))
		tok.Header["typ"] = "at+jwt"
		raw, err := tok.SignedString(c.key)
		if err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, c.method.Alg(), signer(), raw, now)
	}
}
