package mail_test

import (
	"errors"
	"strings"
	"testing"

	"roster/shared/mail"
)

func TestSendErrorMasksTheRecipient(t *testing.T) {
	t.Parallel()
	cause := errors.New("550 <Ann@EXAMPLE.com>: user unknown, ann@example.com")
	err := error(mail.NewSendError("SMTP", "ann@example.com", mail.ErrRejected, cause))
	want := "send mail to a***@example.com by SMTP: the mail was refused: 550 <a***@example.com>: user unknown, a***@example.com"
	if err.Error() != want {
		t.Errorf("Error() = %q\nwant      %q", err, want)
	}
	if !errors.Is(err, mail.ErrRejected) || !errors.Is(err, cause) || errors.Is(err, mail.ErrTemporary) {
		t.Error("the kind and the cause must be found by errors.Is, and no other kind")
	}
	var failed *mail.SendError
	if !errors.As(err, &failed) || failed.Kind != mail.ErrRejected {
		t.Errorf("errors.As gives %+v", failed)
	}
}

func TestSendErrorNeedsNoCause(t *testing.T) {
	t.Parallel()
	err := mail.NewSendError("SES", "", mail.ErrSetup, nil)
	if want := "send mail to *** by SES: mail is not set up correctly"; err.Error() != want {
		t.Errorf("Error() = %q, want %q", err, want)
	}
}

func TestSendErrorIsOneLine(t *testing.T) {
	t.Parallel()
	err := mail.NewSendError("SMTP", "ann@example.com", mail.ErrRejected, errors.New("550 no\r\n550 such user"))
	if strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("Error() = %q", err)
	}
}

func TestSendErrorTruncatesTheCause(t *testing.T) {
	t.Parallel()
	err := mail.NewSendError("SMTP", "ann@example.com", mail.ErrRejected, errors.New(strings.Repeat("é", 5000)))
	if n := len(err.Error()); n > 1200 {
		t.Errorf("the text has %d bytes, want it cut", n)
	}
}
