package smtp_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"roster/shared/mail"
	"roster/shared/mail/smtp"
)

// A server that cannot be trusted must get neither the password nor the mail.
func TestNothingIsSentInTheClear(t *testing.T) {
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
		roots  *x509.CertPool // nil: the authority of the tests
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
			if said := s.transcript(); len(s.mails()) > 0 || strings.Contains(said, "AUTH") || strings.Contains(said, "MAIL") {
				t.Errorf("the server got:\n%s", said)
			}
		})
	}
}

// CVE-2011-0411: the reply to STARTTLS has a second line. The client must not
// treat it as a reply that came through TLS.
func TestInjectedRepliesAreIgnored(t *testing.T) {
	t.Parallel()
	s := &server{
		startTLS: true, auth: "LOGIN", certificate: certificate(t), password: password,
		replies: map[string]string{"STARTTLS": "220 go on\r\n250 AUTH PLAIN"},
	}
	s.start(t)
	err := sender(t, account(s, smtp.StartTLS)).Send(t.Context(), message())
	if strings.Contains(s.transcript(), "AUTH PLAIN") {
		t.Errorf("the injected line was believed (%v):\n%s", err, s.transcript())
	}
	for line := range strings.Lines(s.transcript()) {
		if !strings.HasPrefix(line, "TLS ") && !strings.HasPrefix(line, "EHLO ") && !strings.HasPrefix(line, "STARTTLS") {
			t.Errorf("sent unencrypted: %s", line)
		}
	}
}
