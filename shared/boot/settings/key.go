package settings

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// keyLength is the least length of a secret, in bytes: as long as the hash that
// it keys (RFC 7518 §3.2).
const keyLength = 32

// Key returns the secret of that name, 32 bytes at least. Where it is not
// given, it is derived from ROOT_KEY (HKDF-SHA-256, RFC 5869), under its own
// name so that no two are the same.
func (e *Environment) Key(name string) []byte {
	if v := e.values[name]; v != "" {
		e.RequireStrong(name, v)
		return []byte(v)
	}
	root := e.values["ROOT_KEY"]
	if root == "" {
		e.Reject(name, "is missing")
		return nil
	}
	e.RequireStrong("ROOT_KEY", root)
	key, err := hkdf.Key(sha256.New, []byte(root), nil, "roster "+name, keyLength)
	if err != nil { // only for a length that HKDF cannot give
		panic(err)
	}
	return key
}

// placeholders are words that examples use where a secret belongs. None is so
// short that a random key might hold it: xxxx is in one of 15,000 that
// CloudFormation generates.
var placeholders = []string{"your_", "your-", "changeme", "change_me", "change-me", "placeholder", "example", "_here", "xxxxxxxx", "replace"}

// Given returns a value that may be left out, of any form, or "". One that is
// plainly an example's is a problem; a real password may well hold such a word.
func (e *Environment) OptionalSecret(name string) string {
	v := e.values[name]
	if standsForAnother(strings.ToLower(v)) {
		e.Reject(name, "is a placeholder; give the real value, or leave it out")
	}
	return v
}

// standsForAnother reports a value that an example has in the place of a real
// one: your_password, changeme, password_here, xxxxxxxx.
func standsForAnother(lower string) bool {
	for _, word := range []string{"changeme", "change_me", "change-me"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return strings.HasPrefix(lower, "your_") || strings.HasPrefix(lower, "your-") || strings.HasSuffix(lower, "_here") ||
		slices.Contains(placeholders, lower) || len(lower) >= 8 && strings.Trim(lower, "x") == ""
}

// Strong notes what is wrong with a secret, never the secret.
func (e *Environment) RequireStrong(name, value string) {
	lower := strings.ToLower(value)
	for _, word := range placeholders {
		if strings.Contains(lower, word) {
			e.Reject(name, "is a placeholder; generate one, for example with: openssl rand -hex 32")
			return
		}
	}
	if len(value) < keyLength {
		e.Reject(name, fmt.Sprintf("is too short: it must have at least %d bytes", keyLength))
		return
	}
	if distinct(value) < 8 {
		e.Reject(name, "is too simple; generate one, for example with: openssl rand -hex 32")
	}
}

func distinct(s string) int {
	seen := map[byte]bool{}
	for i := range len(s) {
		seen[s[i]] = true
	}
	return len(seen)
}
