package smtp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/mail"
	"roster/shared/mail/smtp"
)

const password = "canary-password"

func message() mail.Message {
	return mail.Message{To: "bob@example.com", Subject: "Grüße", Text: "Γειά canary-token\n.\n.dot\n", HTML: "<p>Γειά canary-token</p>\n"}
}

// sender trusts the tests' authority, unless the configuration names others.
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

func TestSend(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		server   *server
		mode     smtp.TLS
		user     string
		commands []string
	}{
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
	for name, tt := range tests {
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
			if diff := cmp.Diff(tt.commands, shorten(s.said())); diff != "" {
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

// shorten leaves of each command what does not change from run to run and holds
// no secret.
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

// TestNothingInTheClear holds that a server which cannot be trusted gets
// neither password nor mail.
func TestNothingInTheClear(t *testing.T) {
	t.Parallel()
	otherName := func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"mail.example"} }
	ended := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }
	system, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	other := x509.NewCertPool()
	other.AddCert(newAuthority().certificate)
	tests := map[string]struct {
		server *server
		mode   smtp.TLS
		roots  *x509.CertPool // nil: the tests' authority
		says   string
	}{
		"no STARTTLS":             {&server{auth: "PLAIN", certificate: certificate(t)}, smtp.StartTLS, nil, "no STARTTLS"},
		"STARTTLS refused":        {&server{startTLS: true, auth: "PLAIN", certificate: certificate(t), replies: map[string]string{"STARTTLS": "454 not now"}}, smtp.StartTLS, nil, "454"},
		"unknown authority":       {&server{startTLS: true, auth: "PLAIN", certificate: certificate(t)}, smtp.StartTLS, system, "certificate"},
		"another authority":       {&server{startTLS: true, auth: "PLAIN", certificate: certificate(t)}, smtp.StartTLS, other, "certificate"},
		"unknown authority, 465":  {&server{implicit: true, auth: "PLAIN", certificate: certificate(t)}, smtp.Implicit, system, "certificate"},
		"another name":            {&server{startTLS: true, auth: "PLAIN", certificate: certificate(t, otherName)}, smtp.StartTLS, nil, "certificate"},
		"another name, 465":       {&server{implicit: true, auth: "PLAIN", certificate: certificate(t, otherName)}, smtp.Implicit, nil, "certificate"},
		"ended":                   {&server{startTLS: true, auth: "PLAIN", certificate: certificate(t, ended)}, smtp.StartTLS, nil, "expired"},
		"TLS 1.1":                 {&server{startTLS: true, auth: "PLAIN", certificate: certificate(t), maxVersion: tls.VersionTLS11}, smtp.StartTLS, nil, "version"},
		"TLS 1.1, 465":            {&server{implicit: true, auth: "PLAIN", certificate: certificate(t), maxVersion: tls.VersionTLS11}, smtp.Implicit, nil, "version"},
		"no TLS where 465 has it": {&server{auth: "PLAIN", certificate: certificate(t)}, smtp.Implicit, nil, "TLS"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tt.server.start(t)
			c := account(s, tt.mode)
			c.Roots = tt.roots
			err := sender(t, c).Send(t.Context(), message())
			want := mail.ErrSetup
			if s.replies != nil {
				want = mail.ErrTemporary
			}
			if !errors.Is(err, want) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("error %v, want %v that says %q", err, want, tt.says)
			}
			checkText(t, err)
			if said := s.said(); len(s.mails()) > 0 || strings.Contains(said, "AUTH") || strings.Contains(said, "MAIL") {
				t.Errorf("the server was told:\n%s", said)
			}
		})
	}
}

// TestInjectedReplies sends, in one piece with the reply to STARTTLS, a line
// that a client must not take for one that came protected (CVE-2011-0411).
func TestInjectedReplies(t *testing.T) {
	t.Parallel()
	s := &server{
		startTLS: true, auth: "LOGIN", certificate: certificate(t), password: password,
		replies: map[string]string{"STARTTLS": "220 go on\r\n250 AUTH PLAIN"},
	}
	s.start(t)
	err := sender(t, account(s, smtp.StartTLS)).Send(t.Context(), message())
	if strings.Contains(s.said(), "AUTH PLAIN") {
		t.Errorf("the injected line was believed (%v):\n%s", err, s.said())
	}
	for line := range strings.Lines(s.said()) {
		if !strings.HasPrefix(line, "TLS ") && !strings.HasPrefix(line, "EHLO ") && !strings.HasPrefix(line, "STARTTLS") {
			t.Errorf("said in the clear: %s", line)
		}
	}
}

// checkText holds that an error may be logged.
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

func TestRefusals(t *testing.T) {
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
				t.Errorf("%d mails were taken", n)
			}
		})
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		s := &server{certificate: certificate(t), startTLS: true, auth: mechanism, password: "another"}
		s.start(t)
		err := sender(t, account(s, smtp.StartTLS)).Send(t.Context(), message())
		if !errors.Is(err, mail.ErrSetup) || !strings.Contains(fmt.Sprint(err), "535") {
			t.Errorf("%s: error %v, want ErrSetup with the server's reply", mechanism, err)
		}
		checkText(t, err)
		if strings.Contains(s.said(), "MAIL") {
			t.Errorf("%s: a mail was tried:\n%s", mechanism, s.said())
		}
	}
}

func TestLoginNotOffered(t *testing.T) {
	t.Parallel()
	for _, mechanisms := range []string{"", "GSSAPI NTLM"} {
		s := &server{certificate: certificate(t), startTLS: true, auth: mechanisms}
		s.start(t)
		err := sender(t, account(s, smtp.StartTLS)).Send(t.Context(), message())
		if !errors.Is(err, mail.ErrSetup) || strings.Contains(s.said(), "MAIL") {
			t.Errorf("%q: error %v after\n%s", mechanisms, err, s.said())
		}
	}
}

// TestTakenIsTaken holds that a mail is not reported lost, and sent again, for
// what happens after the server took it.
func TestTakenIsTaken(t *testing.T) {
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

func TestHangingServer(t *testing.T) {
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

func TestCancel(t *testing.T) {
	t.Parallel()
	s := &server{startTLS: true, certificate: certificate(t)}
	s.start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := sender(t, smtp.Config{Port: s.port}).Send(ctx, message())
	if !errors.Is(err, context.Canceled) || s.said() != "" {
		t.Errorf("error %v after %q", err, s.said())
	}
}

func TestUnreachable(t *testing.T) {
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

func TestSendRefusesInvalid(t *testing.T) {
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
	if s.said() != "" {
		t.Errorf("the server was told %q", s.said())
	}
}
