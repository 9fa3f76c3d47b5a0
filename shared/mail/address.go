package mail

import (
	"errors"
	netmail "net/mail"
	"strings"
)

// validAddress accepts only the dot-atom form of RFC 5322, section 3.4.1, in
// ASCII. It refuses quotes, comments, display names and address literals, because
// programs disagree about who the recipient of such an address is.
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

// validDots reports whether s consists of non-empty parts of good bytes, with
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

// From is the sender of every mail, from MAIL_FROM.
type From struct {
	Name    string // the name that a mail program shows; may be empty
	Address string // ann@example.com
}

// maxFrom is in bytes. It keeps the From header below 998 bytes, the limit for a
// line (RFC 5322, section 2.1.1), even if each byte of the name is encoded as three.
const maxFrom = 300

// ParseFrom reads MAIL_FROM: an address, or a name and an address in angle
// brackets as in a From header.
func ParseFrom(s string) (From, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil || len(s) > maxFrom || !validAddress(a.Address) || strings.ContainsFunc(a.Name, breaksLine) {
		return From{}, errors.New(`MAIL_FROM is not an e-mail address; write no-reply@example.com or "Roster <no-reply@example.com>"`)
	}
	return From{Name: a.Name, Address: a.Address}, nil
}

// String returns the value of a From header (RFC 5322). A name outside ASCII is
// encoded (RFC 2047).
func (f From) String() string {
	if f.Name == "" {
		return f.Address
	}
	return (&netmail.Address{Name: f.Name, Address: f.Address}).String()
}

// Domain returns the part of the address after the @.
func (f From) Domain() string {
	_, domain, _ := strings.Cut(f.Address, "@")
	return domain
}

// Mask hides most of an address for a log. It keeps the first letter and the
// domain: a***@example.com. It hides a local part of one letter completely, and
// also a text that is not an address.
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
