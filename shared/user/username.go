package user

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// How many characters a username and an e-mail address may have as they are given,
// with what surrounds them (maxLength in openapi.yaml).
const (
	maxGivenUsername = 256
	maxGivenEmail    = 512
)

// isUsername reports whether a text in lower case is a username: 3 to 32 letters,
// digits, dots, underscores and hyphens, the first and the last a letter or digit.
// It allows ASCII only. So there are no look-alike characters, no special rules for
// upper case, and nothing that is encoded differently in a path. It is a loop because
// most requests check a username, and a regular expression takes ten times as long.
func isUsername(s string) bool {
	if len(s) < 3 || len(s) > 32 {
		return false
	}
	for i, c := range []byte(s) {
		isInside := i > 0 && i < len(s)-1
		isLetterOrDigit := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !isLetterOrDigit && (!isInside || c != '.' && c != '_' && c != '-') {
			return false
		}
	}
	return true
}

// trim removes what surrounds a username or an e-mail address where it is typed, filled
// in or copied, and what none can have: white space, and characters without width, such
// as the marks for the direction that a list of contacts puts around an address. Marks
// that override the direction of letters are refused. Every function that reads one
// calls it. The patterns in openapi.yaml allow the same characters.
func trim(s string) string { return strings.TrimFunc(s, surrounds) }

func surrounds(r rune) bool {
	return unicode.IsSpace(r) || r == '\u180e' || r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202c' ||
		r >= '\u2060' && r <= '\u206f' || r == '\ufeff'
}

// CanonicalUsername returns the form of a username that is stored, or "" and
// false if the username is invalid. It removes what surrounds the username and changes
// ASCII letters to lower case. It repairs nothing else, so that no unchecked text
// reaches the store.
func CanonicalUsername(s string) (name string, ok bool) {
	if utf8.RuneCountInString(s) > maxGivenUsername {
		return "", false
	}
	if s = trim(s); len(s) > 32 {
		return "", false
	}
	for _, r := range s {
		if r >= utf8.RuneSelf { // otherwise ToLower would turn the Kelvin sign into k
			return "", false
		}
	}
	if name = strings.ToLower(s); !isUsername(name) {
		return "", false
	}
	return name, true
}

// limitKey returns the part of a budget's key for a username. Every spelling of a
// valid name gives the same key. Each invalid name has its own key, so that
// people who mistype their names do not share one budget.
func limitKey(username string) string {
	if name, ok := CanonicalUsername(username); ok {
		return name
	}
	return trim(username)
}

// reservedUsernames cannot be registered. They are the literal segments of the
// API's paths (a test compares them with template.yaml), and names that could
// pretend to be the service itself.
var reservedUsernames = map[string]bool{
	"register": true, "login": true, "forget_password": true, "reset_password": true, "forgot_password": true,
	"logout": true, "refresh": true, "reset": true, "change_password": true, "change-password": true, "verify": true, "sessions": true, "export": true,
	"admin": true, "administrator": true, "root": true, "system": true, "roster": true,
	"me": true, "self": true, "user": true, "users": true, "anonymous": true, "guest": true,
	"api": true, "audit": true, "docs": true, "health": true, "healthz": true, "openapi": true, "openapi.json": true,
	"jwks.json": true, "openid-configuration": true, "www": true, "mail": true,
	"support": true, "security": true, "abuse": true, "postmaster": true, "webmaster": true, "hostmaster": true, "noreply": true,
	"null": true, "undefined": true, "true": true, "false": true,
}

// Reserved reports whether a canonical username cannot be registered.
func Reserved(name string) bool { return reservedUsernames[name] }

// checkUsername returns the canonical username, or the reason why it cannot be
// registered.
func checkUsername(s string) (name, reason string) {
	name, ok := CanonicalUsername(s)
	switch {
	case trim(s) == "":
		return "", "is required"
	case !ok:
		return "", "must be 3 to 32 ASCII letters, digits, '.', '_' or '-', the first and last a letter or digit"
	case Reserved(name):
		return "", "is reserved"
	}
	return name, ""
}
