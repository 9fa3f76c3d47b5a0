package mail

import (
	"errors"
	"strings"
)

// The kinds of a SendError; errors.Is finds them.
var (
	// ErrTemporary is throttling, an outage or a timeout. The same mail may be
	// accepted later.
	ErrTemporary = errors.New("mail cannot be sent now")
	// ErrRejected is a refusal of this mail or its recipient. It will not be
	// accepted later either.
	ErrRejected = errors.New("the mail was refused")
	// ErrSetup is something that the operator must change: credentials,
	// permissions, an unverified sender, a certificate that is not trusted.
	ErrSetup = errors.New("mail is not set up correctly")
)

// maxCause limits the part of an error that another server wrote, in bytes.
const maxCause = 1000

// SendError says that a transport could not send a mail. Its text may be logged:
// it masks the recipient, also where the cause contains the address, and has
// nothing of the mail's content. Do not log the cause itself, because it may
// contain the address.
type SendError struct {
	Kind  error // ErrTemporary, ErrRejected or ErrSetup
	cause error
	text  string
}

// NewSendError returns the error of a transport, "SES" or "SMTP", for a recipient.
func NewSendError(transport, to string, kind, cause error) *SendError {
	text := "send mail to " + Mask(to) + " by " + transport + ": " + kind.Error()
	if cause != nil {
		text += ": " + truncate(oneLine(maskEvery(cause.Error(), to)))
	}
	return &SendError{Kind: kind, cause: cause, text: text}
}

func (e *SendError) Error() string { return e.text }

// Unwrap lets errors.Is and errors.As find the kind and the cause.
func (e *SendError) Unwrap() []error { return []error{e.Kind, e.cause} }

// maskEvery masks the address wherever it occurs in s, in upper or lower case.
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
