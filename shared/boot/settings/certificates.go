package settings

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
)

// Certificates returns the certificates of authorities that a value holds in PEM,
// or nil if it is empty. The two characters \n count as the end of a line, because
// some environments allow only one line.
func (e *Environment) Certificates(name string) *x509.CertPool {
	text := strings.ReplaceAll(strings.TrimSpace(e.values[name]), `\n`, "\n")
	if text == "" {
		return nil
	}
	pool := x509.NewCertPool()
	for rest := []byte(text); len(strings.TrimSpace(string(rest))) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			e.Reject(name, "must be certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and not a file's name")
			return nil
		}
		if block.Type != "CERTIFICATE" {
			e.Reject(name, "has a "+strings.ToLower(block.Type)+" in it; give only the certificates of authorities")
			return nil
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			e.Reject(name, "has a certificate that cannot be read")
			return nil
		}
		if c.BasicConstraintsValid && !c.IsCA {
			e.Reject(name, "has a certificate that is no authority's; give the one that issued the server's")
			return nil
		}
		pool.AddCert(c)
	}
	return pool
}
