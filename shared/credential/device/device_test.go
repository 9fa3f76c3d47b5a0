package device_test

import (
	"bytes"
	"strings"
	"testing"

	"roster/shared/credential/device"
)

var keys = device.New([]byte("0123456789abcdef0123456789abcdef"))

func TestMintedTokensDifferAndHaveTheirHash(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		token, hash := keys.Mint()
		again, ok := keys.Hash(token)
		if len(token) != 43 || len(hash) != 32 || !ok || !bytes.Equal(hash, again) || seen[token] {
			t.Fatalf("token %q, hash %x, again %x", token, hash, again)
		}
		seen[token] = true
	}
}

// The secret also keys the hashes of other tokens.
func TestTheHashDependsOnTheKeyAlone(t *testing.T) {
	t.Parallel()
	token, hash := keys.Mint()
	if other, _ := device.New([]byte("fedcba9876543210fedcba9876543210")).Hash(token); bytes.Equal(hash, other) {
		t.Error("another key gives the same hash")
	}
}

func TestWhatCannotBeATokenIsRefused(t *testing.T) {
	t.Parallel()
	token, _ := keys.Mint()
	for _, text := range []string{
		"", "x", token[1:], token + "A", token + "=", token + "\n", "\n" + token[1:], token[:20] + "\n" + token[20:], " " + token,
		strings.Repeat("A", 100), strings.Repeat("A", 75), // the form of earlier releases
		strings.Repeat("+", 43), strings.Repeat("A", 42) + "B", // bits that no byte has
	} {
		if _, ok := keys.Hash(text); ok {
			t.Errorf("%q is taken for a token", text)
		}
	}
}

func FuzzHash(f *testing.F) {
	token, _ := keys.Mint()
	f.Add(token)
	f.Add(token[1:])
	f.Fuzz(func(t *testing.T, text string) {
		if hash, ok := keys.Hash(text); ok != (len(hash) == 32) || ok && len(text) != 43 {
			t.Errorf("%q: %x, %v", text, hash, ok)
		}
	})
}
