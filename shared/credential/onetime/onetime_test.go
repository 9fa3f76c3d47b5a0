package onetime_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"roster/shared/credential/onetime"
)

var keys = onetime.New([]byte("0123456789abcdef0123456789abcdef"))

func TestMintedTokensHave256RandomBits(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	tokens, hashes := map[string]bool{}, map[string]bool{}
	const n = 1000
	for range n {
		token, hash := keys.Mint()
		if !form.MatchString(token) || len(hash) != 32 {
			t.Fatalf("Mint = %q and %d bytes", token, len(hash))
		}
		if again, ok := keys.Hash(token); !ok || !bytes.Equal(again, hash) {
			t.Fatalf("Hash(%q) = %x, %v; Mint gave %x", token, again, ok, hash)
		}
		tokens[token], hashes[string(hash)] = true, true
	}
	if len(tokens) != n || len(hashes) != n {
		t.Errorf("%d different tokens and %d different hashes of %d", len(tokens), len(hashes), n)
	}
}

func TestHashDependsOnTheKey(t *testing.T) {
	t.Parallel() // else a copy of the database would be enough to check a guess
	token, hash := keys.Mint()
	other, ok := onetime.New([]byte("0123456789abcdef0123456789abcdeF")).Hash(token)
	if !ok || bytes.Equal(other, hash) {
		t.Error("the hash is the same under another key")
	}
	if strings.Contains(string(hash), token) {
		t.Error("the hash shows the token")
	}
}

func TestHashRefusesOtherForms(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("A", 43)
	if _, ok := keys.Hash(token); !ok {
		t.Fatalf("%q is a token", token)
	}
	for name, s := range map[string]string{
		"empty":                                "",
		"padded":                               token + "=",
		"one character longer":                 token + "A",
		"much longer":                          strings.Repeat("A", 1<<16),
		"a space before":                       " " + token,
		"a space after":                        token + " ",
		"a line break after":                   token + "\n",
		"a line break inside":                  token[:20] + "\r\n" + token[20:],
		"of the same length with a line break": token[:42] + "\n",
		"plus and slash":                       token[:41] + "+/",
		"NUL":                                  token[:42] + "\x00",
		"invalid UTF-8":                        token[:42] + "\xff",
		"percent-encoded":                      token[:40] + "%41",
		"spare bits that are set":              token[:42] + "B",
		"hexadecimal":                          strings.Repeat("ab", 32),
	} {
		if hash, ok := keys.Hash(s); ok || hash != nil {
			t.Errorf("%s: Hash(%q) = %x, %v", name, s, hash, ok)
		}
	}
}

func TestNoOtherTextHasTheHashOfAToken(t *testing.T) {
	t.Parallel()
	token, hash := keys.Mint()
	differs := func(s string) {
		t.Helper()
		if h, ok := keys.Hash(s); ok && bytes.Equal(h, hash) {
			t.Errorf("%q has the hash of %q", s, token)
		}
	}
	for i := range len(token) {
		if _, ok := keys.Hash(token[:i]); ok {
			t.Errorf("a prefix of %d characters is accepted", i)
		}
		if _, ok := keys.Hash(token[i+1:]); ok {
			t.Errorf("a suffix from character %d on is accepted", i+1)
		}
		for bit := range 8 {
			flipped := []byte(token)
			flipped[i] ^= 1 << bit
			differs(string(flipped))
		}
	}
	differs(strings.ToLower(token))
	differs(strings.ToUpper(token))
}

// Hash accepts only the 43 characters that Mint returns.
func FuzzHash(f *testing.F) {
	token, _ := keys.Mint()
	f.Add(token)
	f.Add(token + "\n")
	f.Add(token[:42] + "_")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		hash, ok := keys.Hash(s)
		if ok != (hash != nil) || ok && len(hash) != 32 {
			t.Fatalf("Hash(%q) = %x, %v", s, hash, ok)
		}
		if ok && (len(s) != 43 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "") {
			t.Errorf("accepted %q", s)
		}
	})
}
