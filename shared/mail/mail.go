// Package mail holds the mails that Roster sends, as plain values: each mail is
// a function from its facts to a Message, in plain text and in HTML.
//
// It knows nothing of transports, requests or the database, and it links no
// template package: one reachable template turns off the linker's pruning of
// unused methods and costs every function that mails about 3 MB. It refuses to
// let anything out that could become a second header or a second recipient:
// Validate is called by every sender before the first byte leaves.
package mail

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a message, in bytes. A recipient is limited by RFC 5321, section
// 4.5.3.1.3 (256 with its angle brackets). The others are far above what
// Roster's own mails need and far below what any transport refuses.
const (
	maxAddress = 254
	maxSubject = 200
	maxBody    = 64 << 10
)

// ErrInvalid is what every error of Validate wraps. Such a mail is a mistake in
// the program or in what was let into it; trying again does not help.
var ErrInvalid = errors.New("this mail may not be sent")

// Message is one mail to one person. Text is required, HTML may be empty; both
// say the same.
type Message struct {
	To      string // one bare address, ann@example.com
	Subject string
	Text    string
	HTML    string
}

// Validate says whether the message may be handed to a transport. It refuses
// line breaks and every other control character in To and Subject, anything
// but one plain ASCII address in To, NUL and broken UTF-8 everywhere, and an
// empty or oversized part. The error names the member, never its content.
func (m Message) Validate() error {
	switch {
	case !validAddress(m.To):
		return invalid("To is not one plain e-mail address")
	case m.Subject == "" || len(m.Subject) > maxSubject || strings.TrimSpace(m.Subject) != m.Subject:
		return invalid("Subject is empty, longer than %d bytes, or has space around it", maxSubject)
	case !utf8.ValidString(m.Subject) || strings.ContainsFunc(m.Subject, breaksLine):
		return invalid("Subject has a line break, another control character or broken UTF-8")
	case strings.Contains(m.Subject, "=?"):
		return invalid("Subject has =?, which mail programs decode (RFC 2047)")
	case m.Text == "":
		return invalid("Text is empty")
	case !validBody(m.Text):
		return invalid("Text has a NUL or broken UTF-8, or is longer than %d bytes", maxBody)
	case !validBody(m.HTML):
		return invalid("HTML has a NUL or broken UTF-8, or is longer than %d bytes", maxBody)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// breaksLine also takes the two Unicode separators, which some programs show
// as a new line.
func breaksLine(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

func validBody(s string) bool {
	return len(s) <= maxBody && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}
