package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"roster/shared/mail"
	"roster/shared/mail/smtp"
)

// checkText checks that the text of an error may be logged.
func checkText(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	if !strings.Contains(text, "b***@example.com") {
		t.Errorf("%q does not name the recipient, masked", text)
	}
	for _, hidden := range []string{"bob@", "Bob@", "canary", "Γειά"} {
		if strings.Contains(text, hidden) {
			t.Errorf("%q shows %q", text, hidden)
		}
	}
}

func TestRepliesAreSortedByKind(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		verb, reply string
		want        error
	}{
		"not now":             {"greeting", "421 too busy", mail.ErrTemporary},
		"not you":             {"greeting", "554 your address is blocked", mail.ErrSetup},
		"login later":         {"AUTH", "454 4.7.0 try later", mail.ErrTemporary},
		"login over":          {"AUTH", "535 5.7.8 password expired", mail.ErrSetup},
		"sender":              {"MAIL", "550 5.7.1 not your address", mail.ErrSetup},
		"greylisted":          {"RCPT", "450 4.2.0 <Bob@Example.com> come again", mail.ErrTemporary},
		"unknown recipient":   {"RCPT", "550 5.1.1 <bob@example.com> user unknown", mail.ErrRejected},
		"no relay":            {"RCPT", "530 5.7.0 log in first", mail.ErrSetup},
		"no text":             {"DATA", "503 5.5.1 no recipient", mail.ErrRejected},
		"content, later":      {".", "452 4.3.1 disk full", mail.ErrTemporary},
		"content":             {".", "554 5.7.1 looks like spam", mail.ErrRejected},
		"nonsense":            {"RCPT", "hello?", mail.ErrTemporary},
		"TLS, but no welcome": {"EHLO", "550 go away", mail.ErrSetup},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{
				certificate: certificate(t), startTLS: true, auth: "PLAIN", password: password,
				replies: map[string]string{tt.verb: tt.reply},
			}
			s.start(t)
			err := sender(t, account(s, smtp.StartTLS)).Send(t.Context(), message())
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			checkText(t, err)
			if n := len(s.mails()); n != 0 {
				t.Errorf("%d mails were accepted", n)
			}
		})
	}
}

func TestWrongPasswordIsASetupError(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		s := &server{certificate: certificate(t), startTLS: true, auth: mechanism, password: "another"}
		s.start(t)
		err := sender(t, account(s, smtp.StartTLS)).Send(t.Context(), message())
		if !errors.Is(err, mail.ErrSetup) || !strings.Contains(fmt.Sprint(err), "535") {
			t.Errorf("%s: error %v, want ErrSetup with the server's reply", mechanism, err)
		}
		checkText(t, err)
		if strings.Contains(s.transcript(), "MAIL") {
			t.Errorf("%s: a mail was tried:\n%s", mechanism, s.transcript())
		}
	}
}

func TestMissingLoginIsASetupError(t *testing.T) {
	t.Parallel()
	for _, mechanisms := range []string{"", "GSSAPI NTLM"} {
		s := &server{certificate: certificate(t), startTLS: true, auth: mechanisms}
		s.start(t)
		err := sender(t, account(s, smtp.StartTLS)).Send(t.Context(), message())
		if !errors.Is(err, mail.ErrSetup) || strings.Contains(s.transcript(), "MAIL") {
			t.Errorf("%q: error %v after\n%s", mechanisms, err, s.transcript())
		}
	}
}

// If it were reported, the caller would send the mail again.
func TestFailureAfterAcceptanceIsIgnored(t *testing.T) {
	t.Parallel()
	s := &server{startTLS: true, certificate: certificate(t), replies: map[string]string{"QUIT": "500 no"}}
	s.start(t)
	if err := sender(t, smtp.Config{Port: s.port}).Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
	if n := len(s.mails()); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

func TestHangingServerTimesOut(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]smtp.TLS{"STARTTLS": smtp.StartTLS, "TLS": smtp.Implicit} {
		for _, verb := range []string{"handshake", "greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "."} {
			t.Run(name+" "+verb, func(t *testing.T) {
				t.Parallel()
				s := &server{
					certificate: certificate(t), startTLS: mode == smtp.StartTLS, implicit: mode == smtp.Implicit,
					auth: "PLAIN", password: password, hang: verb,
				}
				s.start(t)
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				start := time.Now()
				err := sender(t, account(s, mode)).Send(ctx, message())
				if !errors.Is(err, mail.ErrTemporary) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v, want ErrTemporary and DeadlineExceeded", err)
				}
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("took %v", took)
				}
				checkText(t, err)
			})
		}
	}
}

func TestCancelledSendConnectsNowhere(t *testing.T) {
	t.Parallel()
	s := &server{startTLS: true, certificate: certificate(t)}
	s.start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := sender(t, smtp.Config{Port: s.port}).Send(ctx, message())
	if !errors.Is(err, context.Canceled) || s.transcript() != "" {
		t.Errorf("error %v after %q", err, s.transcript())
	}
}

func TestUnreachableServerIsTemporary(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	err = sender(t, smtp.Config{Port: port}).Send(t.Context(), message())
	if !errors.Is(err, mail.ErrTemporary) {
		t.Errorf("error %v, want ErrTemporary", err)
	}
	checkText(t, err)
}
