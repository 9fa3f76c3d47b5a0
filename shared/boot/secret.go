package boot

import (
	"fmt"
	"regexp"
	"strings"

	"roster/shared/onetime"
	"roster/shared/password"
	"roster/shared/user"
)

// keyLength is the least length of a secret, in bytes: as long as the hash that
// it keys (RFC 7518 §3.2).
const keyLength = 32

var origin = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$`)

// placeholders are words that examples use where a secret belongs.
var placeholders = []string{"your_", "your-", "changeme", "change_me", "change-me", "placeholder", "example", "secret_key_here", "_here", "xxxx", "replace"}

// strong notes what is wrong with a secret, never the secret.
func (e *Environment) strong(name, value string) {
	lower := strings.ToLower(value)
	for _, word := range placeholders {
		if strings.Contains(lower, word) {
			e.problem(name, "is a placeholder; generate one, for example with: openssl rand -hex 32")
			return
		}
	}
	if len(value) < keyLength {
		e.problem(name, fmt.Sprintf("is too short: it must have at least %d bytes", keyLength))
		return
	}
	if distinct(value) < 8 {
		e.problem(name, "is too simple; generate one, for example with: openssl rand -hex 32")
	}
}

func distinct(s string) int {
	seen := map[byte]bool{}
	for i := range len(s) {
		seen[s[i]] = true
	}
	return len(seen)
}

// OneTimeTokens returns what mints reset tokens and hashes them.
func (e *Environment) OneTimeTokens() onetime.Keys { return onetime.New(e.Key("SECRET_KEY")) }

// Admin returns the account that seeding ensures.
func (e *Environment) Admin() user.Admin {
	return user.Admin{
		Username: e.Optional("ADMIN_USERNAME", "admin"),
		Email:    e.Text("ADMIN_EMAIL"),
		Password: e.Optional("ADMIN_PASSWORD", ""),
	}
}

// Passwords returns how passwords are hashed and which may be set.
func (e *Environment) Passwords() user.Passwords {
	pepper := e.values["SECURITY_PASSWORD_SALT"]
	if pepper != "" {
		e.strong("SECURITY_PASSWORD_SALT", pepper)
	}
	return user.Passwords{
		Hasher: password.NewHasher(pepper),
		Policy: password.Policy{
			MinLength: e.Number("PASSWORD_MIN_LENGTH", password.DefaultPolicy.MinLength, 8, 64),
			Blocklist: e.Switch("PASSWORD_BLOCKLIST", true),
		},
	}
}
