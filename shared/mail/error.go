package mail

import (
	"errors"
	"strings"
)

// The kinds of failure that a sender tells apart; errors.Is finds them.
var (
	// ErrTemporary is throttling, an outage or a time limit: the same mail may
	// pass later.
	ErrTemporary = errors.New("mail cannot be sent now")
	// ErrRejected is a refusal of this mail or its recipient: it will not pass
	// later either.
	ErrRejected = errors.New("the mail was refused")
	// ErrSetup is something an operator has to change: credentials, permissions,
	// an unverified sender, a certificate that is not trusted.
	ErrSetup = errors.New("mail is not set up correctly")
)

// maxCause bounds what a foreign server's answer may add to a log line, in bytes.
const maxCause = 1000

// SendError is a mail that a transport did not take. Its text is fit for a log:
// it shows the recipient masked, also where the cause spelt the address out,
// and nothing of the mail. Unwrap gives the kind and the cause; the cause's own
// text may hold the address, so log the SendError and not the cause.
type SendError struct {
	Kind  error // ErrTemporary, ErrRejected or ErrSetup
	cause error
	text  string
}

// Failed makes the SendError of a transport ("SES", "SMTP") for a recipient.
func NewSendError(transport, to string, kind, cause error) *SendError {
	text := "send mail to " + Mask(to) + " by " + transport + ": " + kind.Error()
	if cause != nil {
		text += ": " + truncate(oneLine(maskEvery(cause.Error(), to)))
	}
	return &SendError{Kind: kind, cause: cause, text: text}
}

func (e *SendError) Error() string { return e.text }

// Unwrap gives the kind and the cause to errors.Is and errors.As.
func (e *SendError) Unwrap() []error { return []error{e.Kind, e.cause} }

// hide masks every spelling of the address in s that differs only in case.
func maskEvery(s, address string) string {
	if address == "" {
		return s
	}
	var b strings.Builder
	for len(s) >= len(address) {
		if strings.EqualFold(s[:len(address)], address) {
			b.WriteString(Mask(address))
			s = s[len(address):]
			continue
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String() + s
}

func truncate(s string) string {
	if len(s) <= maxCause {
		return s
	}
	return strings.ToValidUTF8(s[:maxCause], "") + "..."
}
