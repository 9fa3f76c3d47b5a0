package settings

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// minKeyLength is in bytes. A key must be at least as long as the hash that it
// is used with (RFC 7518 §3.2).
const minKeyLength = 32

// Key returns a secret of at least 32 bytes. If the variable is not set, Key
// derives the secret from ROOT_KEY (HKDF-SHA-256, RFC 5869). The variable's name
// goes into the derivation, so that no two derived keys are the same.
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
	key, err := hkdf.Key(sha256.New, []byte(root), nil, "roster "+name, minKeyLength)
	if err != nil { // HKDF fails only for a key that is too long
		panic(err)
	}
	return key
}

// AuditKey returns the key of the MACs in the audit log, and "" where there is
// neither AUDIT_KEY nor ROOT_KEY: the entries then have none. It is a text, because
// rotate_keys writes it where functions read it that have no root key.
func (e *Environment) AuditKey() string {
	given := e.values["AUDIT_KEY"] != ""
	if !given && e.values["ROOT_KEY"] == "" {
		return ""
	}
	key := e.Key("AUDIT_KEY")
	if given {
		return string(key)
	}
	return base64.RawURLEncoding.EncodeToString(key)
}

// CursorKey returns the key that signs the cursors of lists. It is derived from a key
// that every function has that verifies access tokens: the audit log's, or the one
// that signs tokens where there is no other. Neither may be used for a second
// purpose itself.
func (e *Environment) CursorKey() []byte {
	secret := e.AuditKey()
	if secret == "" {
		secret = e.values["JWT_SECRET_KEY"]
	}
	if secret == "" {
		e.Reject("AUDIT_KEY", "is missing")
		return nil
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "roster cursors", minKeyLength)
	if err != nil { // HKDF fails only for a key that is too long
		panic(err)
	}
	return key
}

// placeholderWords stand in examples where a secret belongs. Each is so long
// that a random key does not contain it by chance. A shorter word would be a
// risk: one of 15,000 keys that CloudFormation generates contains xxxx.
var placeholderWords = []string{
	"your_", "your-", "changeme", "change_me", "change-me", "placeholder", "example", "_here", "xxxxxxxx", "replace",
}

// OptionalSecret returns a value of any form, or "" if the variable is not set.
// It rejects a value that is clearly copied from an example. It accepts one that
// only contains such a word, because a real password may.
func (e *Environment) OptionalSecret(name string) string {
	v := e.values[name]
	if isPlaceholder(strings.ToLower(v)) {
		e.Reject(name, "is a placeholder; give the real value, or leave it out")
	}
	return v
}

// isPlaceholder reports whether a value, in lower case, looks like one from an
// example: your_password, changeme, password_here, xxxxxxxx.
func isPlaceholder(lower string) bool {
	for _, word := range []string{"changeme", "change_me", "change-me"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return strings.HasPrefix(lower, "your_") || strings.HasPrefix(lower, "your-") || strings.HasSuffix(lower, "_here") ||
		slices.Contains(placeholderWords, lower) || len(lower) >= 8 && strings.Trim(lower, "x") == ""
}

// RequireStrong rejects a value that is too weak to be a secret. The reason
// never shows the value.
func (e *Environment) RequireStrong(name, value string) {
	lower := strings.ToLower(value)
	for _, word := range placeholderWords {
		if strings.Contains(lower, word) {
			e.Reject(name, "is a placeholder; generate one, for example with: openssl rand -hex 32")
			return
		}
	}
	if len(value) < minKeyLength {
		e.Reject(name, fmt.Sprintf("is too short: it must have at least %d bytes", minKeyLength))
		return
	}
	if distinct(value) < 8 {
		e.Reject(name, "is too simple; generate one, for example with: openssl rand -hex 32")
	}
}

// distinct returns how many different bytes the string has.
func distinct(s string) int {
	seen := map[byte]bool{}
	for i := range len(s) {
		seen[s[i]] = true
	}
	return len(seen)
}
