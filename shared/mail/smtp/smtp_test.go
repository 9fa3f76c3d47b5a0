package smtp_test

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/mail"
	"roster/shared/mail/smtp"
)

const password = "canary-password"

func message() mail.Message {
	return mail.Message{To: "bob@example.com", Subject: "Grüße", Text: "Γειά canary-token\n.\n.dot\n", HTML: "<p>Γειά canary-token</p>\n"}
}

// sender returns a Sender that trusts the certificate authority of the tests, if
// the configuration names no other.
func sender(t *testing.T, c smtp.Config) *smtp.Sender {
	t.Helper()
	c.Host, c.From = "127.0.0.1", "Größe <no-reply@roster.example>"
	if c.Roots == nil && c.TLS != smtp.None {
		c.Roots = ca().roots
	}
	s, err := smtp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func account(s *server, mode smtp.TLS) smtp.Config {
	return smtp.Config{Port: s.port, TLS: mode, Username: "ann", Password: password}
}

// dialogue is a server, the settings to send to it, and the commands that it must
// get.
type dialogue struct {
	server   *server
	mode     smtp.TLS
	user     string
	commands []string
}

func dialogues() map[string]dialogue {
	return map[string]dialogue{
		"STARTTLS": {
			&server{startTLS: true, auth: "CRAM-MD5 PLAIN LOGIN"},
			smtp.StartTLS, "ann",
			[]string{"EHLO roster.example", "STARTTLS", "TLS EHLO roster.example", "TLS AUTH PLAIN", "TLS MAIL", "TLS RCPT", "TLS DATA", "TLS QUIT"},
		},
		"STARTTLS and LOGIN": {
			&server{startTLS: true, auth: "LOGIN XOAUTH2"},
			smtp.StartTLS, "ann",
			[]string{"EHLO roster.example", "STARTTLS", "TLS EHLO roster.example", "TLS AUTH LOGIN", "TLS", "TLS", "TLS MAIL", "TLS RCPT", "TLS DATA", "TLS QUIT"},
		},
		"TLS from the first byte": {
			&server{implicit: true, auth: "PLAIN"},
			smtp.Implicit, "ann",
			[]string{"TLS EHLO roster.example", "TLS AUTH PLAIN", "TLS MAIL", "TLS RCPT", "TLS DATA", "TLS QUIT"},
		},
		"TLS without login": {
			&server{startTLS: true, auth: "PLAIN"},
			smtp.StartTLS, "",
			[]string{"EHLO roster.example", "STARTTLS", "TLS EHLO roster.example", "TLS MAIL", "TLS RCPT", "TLS DATA", "TLS QUIT"},
		},
		"none, on this machine": {
			&server{startTLS: true},
			smtp.None, "",
			[]string{"EHLO roster.example", "MAIL", "RCPT", "DATA", "QUIT"},
		},
		"TLS 1.2": {
			&server{startTLS: true, auth: "PLAIN", maxVersion: tls.VersionTLS12},
			smtp.StartTLS, "ann",
			[]string{"EHLO roster.example", "STARTTLS", "TLS EHLO roster.example", "TLS AUTH PLAIN", "TLS MAIL", "TLS RCPT", "TLS DATA", "TLS QUIT"},
		},
	}
}

func TestSendSpeaksEachModeOfTLS(t *testing.T) {
	t.Parallel()
	for name, tt := range dialogues() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tt.server
			s.certificate, s.password = certificate(t), password
			s.start(t)
			c := account(s, tt.mode)
			if tt.user == "" {
				c.Username, c.Password = "", ""
			}
			if err := sender(t, c).Send(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.commands, shorten(s.transcript())); diff != "" {
				t.Errorf("dialogue (-want +got):\n%s", diff)
			}
			got := s.mails()
			if len(got) != 1 {
				t.Fatalf("%d mails, want 1", len(got))
			}
			if got[0].from != "FROM:<no-reply@roster.example> BODY=8BITMIME" || got[0].to != "TO:<bob@example.com>" ||
				got[0].user != tt.user || got[0].secured != (tt.mode != smtp.None) {
				t.Errorf("mail %+v", got[0])
			}
			checkMessage(t, []byte(got[0].data), message())
		})
	}
}

// shorten keeps the part of each command that is the same in every run and has no
// secret.
func shorten(said string) []string {
	var list []string
	for line := range strings.Lines(said) {
		words := strings.Fields(line)
		keep := 1
		if words[0] == "TLS" {
			keep = 2
		}
		switch verb := words[keep-1]; {
		case verb == "EHLO" || verb == "AUTH":
			keep++
		case strings.ToUpper(verb) != verb || strings.ContainsAny(verb, "0123456789="):
			keep-- // the second half of AUTH LOGIN
		}
		list = append(list, strings.Join(words[:keep], " "))
	}
	return list
}

func TestSendRefusesInvalidMails(t *testing.T) {
	t.Parallel()
	s := &server{startTLS: true, certificate: certificate(t)}
	s.start(t)
	for _, change := range []func(*mail.Message){
		func(m *mail.Message) { m.To = "bob@example.com>\r\nRCPT TO:<eve@example.com" },
		func(m *mail.Message) { m.Subject = "Hi\r\nBcc: eve@example.com" },
	} {
		m := message()
		change(&m)
		if err := sender(t, smtp.Config{Port: s.port}).Send(t.Context(), m); !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("error %v, want ErrInvalid", err)
		}
	}
	if s.transcript() != "" {
		t.Errorf("the server got %q", s.transcript())
	}
}
