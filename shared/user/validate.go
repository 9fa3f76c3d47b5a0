package user

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// usernameForm is ASCII on purpose: it leaves no look-alikes, no foldings and
// nothing that a path could read in another way.
var usernameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,30}[a-z0-9]$`)

// CanonicalUsername returns the one spelling of a username, or "" and false when
// no account can have it: what goes to the store is never what a client made
// up. Upper-case ASCII letters are folded, all else that does not fit is
// refused rather than repaired.
func CanonicalUsername(s string) (name string, ok bool) {
	if len(s) > 32 {
		return "", false
	}
	for _, r := range s {
		if r >= utf8.RuneSelf { // or ToLower would fold the Kelvin sign to k
			return "", false
		}
	}
	if name = strings.ToLower(s); !usernameForm.MatchString(name) {
		return "", false
	}
	return name, true
}

// spelling is what a budget is kept under: one for all spellings of a name, and
// one of its own for what no account can be called, so that those who mistype
// do not share it.
func spelling(username string) string {
	if name, ok := CanonicalUsername(username); ok {
		return name
	}
	return username
}

// deviceNameProblem keeps what a list shows to one short line.
func deviceNameProblem(s string) string {
	switch {
	case utf8.RuneCountInString(s) > maxName:
		return fmt.Sprintf("must have at most %d characters", maxName)
	case strings.ContainsFunc(s, unprintable):
		return "must not have control characters"
	}
	return ""
}

// reserved are the names that a person must not register: each literal segment
// of the API's paths that is one (a test compares them with template.yaml) and
// what could pass for the service itself.
var reserved = map[string]bool{
	"register": true, "login": true, "forget_password": true, "reset_password": true,
	"logout": true, "refresh": true, "change_password": true, "verify": true, "sessions": true,
	"admin": true, "administrator": true, "root": true, "system": true, "roster": true,
	"me": true, "self": true, "user": true, "users": true, "anonymous": true, "guest": true,
	"api": true, "audit": true, "docs": true, "health": true, "healthz": true, "openapi": true, "openapi.json": true, "jwks.json": true, "openid-configuration": true, "www": true, "mail": true,
	"support": true, "security": true, "abuse": true, "postmaster": true, "webmaster": true, "hostmaster": true, "noreply": true,
	"null": true, "undefined": true, "true": true, "false": true,
}

// Reserved reports whether a canonical username is kept back.
func Reserved(name string) bool { return reserved[name] }

func usernameProblem(s string) (name, problem string) {
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

const maxName = 50 // code points

func nameProblem(s string) string {
	switch n := utf8.RuneCountInString(s); {
	case strings.TrimSpace(s) == "":
		return "is required"
	case n > maxName:
		return fmt.Sprintf("must have at most %d characters", maxName)
	case strings.ContainsFunc(s, unprintable):
		return "must not have control characters"
	}
	return ""
}

// unprintable are control characters, line separators, and the marks that
// reorder text (Unicode TR 36 §2.5) and would let a name pretend in a list.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) || r == utf8.RuneError
}

const maxEmail = 254 // octets, RFC 5321 §4.5.3.1.3 as corrected by erratum 1690

// localForm is RFC 5322's dot-atom: quoted local parts are legal and useless.
var localForm = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")

var domainForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)

// emailProblem returns the address to store: the local part as given, the
// domain in its ASCII form (RFC 5891), mapped as a browser does (UTS 46).
func emailProblem(s string) (address, problem string) {
	const bad = "must be an e-mail address"
	if s == "" {
		return "", "is required"
	}
	local, domain, found := strings.Cut(s, "@")
	if !found || len(s) > 2*maxEmail || len(local) > 64 || !localForm.MatchString(local) || !utf8.ValidString(domain) {
		return "", bad
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || len(ascii) > 253 || !domainForm.MatchString(ascii) {
		return "", bad
	}
	address = local + "@" + ascii
	if len(address) > maxEmail {
		return "", bad
	}
	return address, ""
}

func localPart(email string) string {
	local, _, _ := strings.Cut(email, "@")
	return local
}
