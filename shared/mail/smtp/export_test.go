package smtp

import (
	"crypto/x509"
	"time"

	"roster/shared/mail"
)

// Trust makes a Sender trust these roots instead of the system's.
func (s *Sender) Trust(roots *x509.CertPool) { s.roots = roots }

// Compose is compose.
func Compose(from mail.From, m mail.Message, now time.Time) ([]byte, error) {
	return compose(from, m, now)
}
