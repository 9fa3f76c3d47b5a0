// Package mail has the mails that Roster sends. A function for each mail makes a
// Message, in plain text and in HTML, from its input:
//
//	m := mail.PasswordReset(mail.PasswordResetInput{To: "ann@example.com", Username: "ann", Link: link, ValidFor: time.Hour})
//
// It knows nothing about requests or the database. It imports no template package:
// one reachable template turns off the linker's removal of unused methods, which
// adds about 3 MB to every function that mails. It refuses anything that could
// become a second header or a second recipient: every transport calls Validate
// before it sends the first byte.
package mail

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a message, in bytes. maxAddress is from RFC 5321, section 4.5.3.1.3
// (256 with the angle brackets). The others are far above the size of Roster's own
// mails and far below the limits of the transports.
const (
	maxAddress = 254
	maxSubject = 200
	maxBody    = 64 << 10
)

// ErrInvalid is wrapped by every error of Validate. It means a bug, or input that
// should have been refused earlier. Trying again does not help.
var ErrInvalid = errors.New("this mail may not be sent")

// Message is one mail to one person. Text is required, HTML may be empty. Both
// have the same content.
type Message struct {
	To      string // one bare address, ann@example.com
	Subject string
	Text    string
	HTML    string
}

// Validate checks a message before it is sent. It refuses control characters, such
// as line breaks, in To and Subject; anything but one plain ASCII address in To;
// NUL and broken UTF-8 in any field; and an empty or too long Subject or Text. The
// error names the field, but does not contain its value.
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

// breaksLine reports control characters, and the two Unicode separators that some
// programs show as a new line.
func breaksLine(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

func validBody(s string) bool {
	return len(s) <= maxBody && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}
