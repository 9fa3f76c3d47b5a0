package mail

import (
	"errors"
	netmail "net/mail"
	"strings"
)

// validAddress takes the dot-atom form of RFC 5322, section 3.4.1, in ASCII and
// nothing else: no quotes, comments, display names or address literals, which
// is where two programs begin to disagree about who the recipient is.
func validAddress(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	return found && len(s) <= maxAddress && len(local) <= 64 &&
		validDots(local, isAtomByte) && validDomain(domain)
}

func validDomain(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return validDots(s, isLabelByte)
}

// validDots says whether s is one or more non-empty runs of good bytes with
// single dots between them.
func validDots(s string, good func(byte) bool) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" {
			return false
		}
		for i := range len(part) {
			if !good(part[i]) {
				return false
			}
		}
	}
	return true
}

func isLabelByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-'
}

func isAtomByte(c byte) bool {
	return isLabelByte(c) || strings.IndexByte("!#$%&'*+/=?^_`{|}~", c) >= 0
}

// From is the sender of every mail: MAIL_FROM.
type From struct {
	Name    string // what a mail program shows; may be empty
	Address string // ann@example.com
}

// maxFrom keeps the From header on one line of a message (RFC 5322, section
// 2.1.1: 998 bytes), also with a name encoded at three bytes for one.
const maxFrom = 300

// ParseFrom reads MAIL_FROM: a bare address, or a name and an address in angle
// brackets as in a From header.
func ParseFrom(s string) (From, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil || len(s) > maxFrom || !validAddress(a.Address) || strings.ContainsFunc(a.Name, breaksLine) {
		return From{}, errors.New(`MAIL_FROM is not an e-mail address; write no-reply@example.com or "Roster <no-reply@example.com>"`)
	}
	return From{Name: a.Name, Address: a.Address}, nil
}

// String gives the value of a From header (RFC 5322), with a name outside ASCII
// encoded as RFC 2047 asks.
func (f From) String() string {
	if f.Name == "" {
		return f.Address
	}
	return (&netmail.Address{Name: f.Name, Address: f.Address}).String()
}

// Domain is the part behind the @.
func (f From) Domain() string {
	_, domain, _ := strings.Cut(f.Address, "@")
	return domain
}

// Mask makes an address fit for a log: the first letter and the domain stay,
// a***@example.com. A local part of one letter is hidden whole, and so is what
// is no address at all.
func Mask(address string) string {
	if !validAddress(address) {
		return "***"
	}
	local, domain, _ := strings.Cut(address, "@")
	if len(local) < 2 {
		return "***@" + domain
	}
	return local[:1] + "***@" + domain
}
