// Package smtp sends mail through the server that MAIL_SERVER names.
//
//	sender, err := smtp.New(smtp.Config{Host: "smtp.example.com", Port: 587, Username: "ann", Password: p, From: "no-reply@example.com"})
//
// It refuses to send a password or a mail unencrypted over a network: without TLS
// it connects only to this machine, and without a password. It always checks the
// certificate, against the system's roots or those of MAIL_CA, and the server's
// name; no setting turns that off. TLS is 1.2 or newer.
//
// The protocol is go-mail's package smtp. The message is composed here, with the
// standard library (compose.go). We tried the whole of go-mail and did not keep it:
//   - It imports html/template, which adds 0.4 MB and time to every cold start. One
//     careless reference would turn off the linker's removal of unused methods and
//     add 3 MB.
//   - Its client uses the context only while it connects.
//   - It leaves the connection open after an early failure.
//   - It resets the session after a delivered mail, and reports a failure of that
//     as a failure of the mail.
//   - Its errors contain recipients.
package smtp

import (
	"context"
	"fmt"
	"time"

	"roster/shared/mail"
)

// The limits for one mail. The caller's context can only shorten them.
const (
	connectTimeout = 5 * time.Second
	sendTimeout    = 15 * time.Second
)

// Sender sends mail through one server, with a connection for each mail. It is
// safe for concurrent use.
type Sender struct {
	config Config
	from   mail.From
}

// String returns the server without the account.
func (s *Sender) String() string { return s.config.String() }

// GoString does the same for %#v.
func (s *Sender) GoString() string { return "smtp.Sender(" + s.config.String() + ")" }

// Send sends one mail. It returns when the server has accepted the mail, which may
// be before its delivery. It takes 15 seconds at most, and ends as soon as ctx
// does. The error is mail.ErrInvalid if Validate refuses the message, otherwise a
// *mail.SendError. Send does not retry.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := s.deliver(ctx, m); err != nil {
		if ended := ctx.Err(); ended != nil { // err alone would only say that the connection broke
			err = fmt.Errorf("%w: %w", ended, err)
		}
		return mail.NewSendError("SMTP", m.To, kindOf(err), err)
	}
	return nil
}
