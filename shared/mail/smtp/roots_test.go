package smtp_test

import (
	"encoding/pem"
	"testing"

	"roster/shared/boot/settings"
	"roster/shared/mail/smtp"
)

// A mail server with a private authority, as companies have them, takes the
// mail once MAIL_CA has that authority's certificate.
func TestPrivateAuthority(t *testing.T) {
	t.Parallel()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca().certificate.Raw})
	env := settings.FromMap(map[string]string{"MAIL_CA": string(text)})
	for _, mode := range []smtp.TLS{smtp.StartTLS, smtp.Implicit} {
		s := &server{startTLS: mode == smtp.StartTLS, implicit: mode == smtp.Implicit, auth: "PLAIN", certificate: certificate(t), password: password}
		c := account(s.start(t), mode)
		c.Roots = env.Certificates("MAIL_CA")
		if err := sender(t, c).Send(t.Context(), message()); err != nil || len(s.mails()) != 1 {
			t.Errorf("mode %v: %v, %d mails", mode, err, len(s.mails()))
		}
	}
	if err := env.Check(); err != nil {
		t.Error(err)
	}
}
