package user

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// usernameForm is ASCII on purpose: it leaves no look-alikes, no foldings and
// nothing that a path could read in another way.
var usernamePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,30}[a-z0-9]$`)

// CanonicalUsername returns the one form of a username that is stored, or "" and
// false when the username is invalid. Upper-case ASCII letters become lower
// case; everything else that does not fit is refused rather than repaired, so
// that no text of a client's own making reaches the store.
func CanonicalUsername(s string) (name string, ok bool) {
	if len(s) > 32 {
		return "", false
	}
	for _, r := range s {
		if r >= utf8.RuneSelf { // or ToLower would fold the Kelvin sign to k
			return "", false
		}
	}
	if name = strings.ToLower(s); !usernamePattern.MatchString(name) {
		return "", false
	}
	return name, true
}

// limitKey is the part of a budget's key that stands for a username. Every way
// to write a valid name gives the same key. An invalid name has a key of its
// own, so that people who mistype do not share one.
func limitKey(username string) string {
	if name, ok := CanonicalUsername(username); ok {
		return name
	}
	return username
}

// reserved are the names that a person must not register: each literal segment
// of the API's paths that is a valid name (a test compares them with
// template.yaml) and what could pass for the service itself.
var reservedUsernames = map[string]bool{
	"register": true, "login": true, "forget_password": true, "reset_password": true,
	"logout": true, "refresh": true, "change_password": true, "verify": true, "sessions": true,
	"admin": true, "administrator": true, "root": true, "system": true, "roster": true,
	"me": true, "self": true, "user": true, "users": true, "anonymous": true, "guest": true,
	"api": true, "audit": true, "docs": true, "health": true, "healthz": true, "openapi": true, "openapi.json": true, "jwks.json": true, "openid-configuration": true, "www": true, "mail": true,
	"support": true, "security": true, "abuse": true, "postmaster": true, "webmaster": true, "hostmaster": true, "noreply": true,
	"null": true, "undefined": true, "true": true, "false": true,
}

// Reserved reports whether a canonical username cannot be registered.
func Reserved(name string) bool { return reservedUsernames[name] }

// checkUsername returns the canonical username, or why it cannot be registered.
func checkUsername(s string) (name, reason string) {
	name, ok := CanonicalUsername(s)
	switch {
	case s == "":
		return "", "is required"
	case !ok:
		return "", "must be 3 to 32 ASCII letters, digits, '.', '_' or '-', the first and last a letter or digit"
	case Reserved(name):
		return "", "is reserved"
	}
	return name, ""
}
