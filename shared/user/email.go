package user

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

const maxEmail = 254 // octets, RFC 5321 §4.5.3.1.3 as corrected by erratum 1690

// localPartPattern is the dot-atom of RFC 5322. Quoted local parts are legal, but
// nobody uses them.
// The patterns are compiled at their first use: most functions read no address.
var localPartPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
})

var domainPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)
})

// checkEmail returns the address to store, or the reason why the text is not an
// address. It removes space around the address. The local part stays as given. The
// domain is converted to ASCII (RFC 5891) with the mapping that browsers use (UTS
// 46).
func checkEmail(s string) (address, reason string) {
	const bad = "must be an e-mail address"
	if utf8.RuneCountInString(s) > maxGivenEmail {
		return "", bad
	}
	if s = trim(s); s == "" {
		return "", "is required"
	}
	local, domain, found := strings.Cut(s, "@")
	if !found || len(s) > 2*maxEmail || len(local) > 64 || !localPartPattern().MatchString(local) || !utf8.ValidString(domain) {
		return "", bad
	}
	ascii, err := domains.ToASCII(domain)
	if err != nil || len(ascii) > 253 || !domainPattern().MatchString(ascii) {
		return "", bad
	}
	address = local + "@" + ascii
	if len(address) > maxEmail {
		return "", bad
	}
	return address, ""
}

// domains is idna.Lookup, but for hyphens in the third and fourth place, which
// browsers allow (the URL standard's domain to ASCII has CheckHyphens=false), and
// which are in names that people have.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false))

func localPart(email string) string {
	local, _, _ := strings.Cut(email, "@")
	return local
}
