package smtp

import (
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"

	"roster/shared/mail"
)

// step is the part of the dialogue in which something failed.
type step string

const (
	connecting      step = "connect"
	securing        step = "TLS"
	greeting        step = "greeting"
	loggingIn       step = "login"
	namingSender    step = "MAIL FROM"
	namingRecipient step = "RCPT TO"
	sendingText     step = "DATA"
)

type stepError struct {
	step step
	err  error
}

func failedAt(s step, err error) error {
	if err == nil {
		return nil
	}
	return &stepError{s, err}
}

func (e *stepError) Error() string { return string(e.step) + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// setupError is something that the operator must change.
type setupError string

func (e setupError) Error() string { return string(e) }

// kindOf returns the kind of a failure. It depends on the step and on the class of
// the server's reply code (RFC 5321, section 4.2.1): 4xx is temporary, 5xx is
// permanent. A 5xx for the recipient or the text rejects this mail; any other 5xx
// means a wrong setup.
func kindOf(err error) error {
	var setup setupError
	if errors.As(err, &setup) || refusedTLS(err) {
		return mail.ErrSetup
	}
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code < 500 {
		return mail.ErrTemporary
	}
	var failed *stepError
	if errors.As(err, &failed) && (failed.step == namingRecipient || failed.step == sendingText) && !wantsLogin(reply.Code) {
		return mail.ErrRejected
	}
	return mail.ErrSetup
}

// wantsLogin reports the codes of RFC 4954, section 6, with which some servers
// answer RCPT if a login is missing.
func wantsLogin(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }

// refusedTLS reports whether one side refused the TLS handshake. A handshake that
// broke off for another reason may succeed later.
func refusedTLS(err error) bool {
	var certificate *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	if errors.As(err, &certificate) || errors.As(err, &notTLS) {
		return true
	}
	var failed *stepError
	if !errors.As(err, &failed) || failed.step != securing {
		return false
	}
	var alert *net.OpError
	if errors.As(err, &alert) {
		return alert.Op == "remote error" || alert.Op == "local error"
	}
	return false
}
