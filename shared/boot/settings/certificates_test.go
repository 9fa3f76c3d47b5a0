package settings_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"roster/shared/boot/settings"
)

// certificate makes one in PEM, of an authority or of a server.
func certificate(t *testing.T, authority bool) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: authority, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	one, two := certificate(t, true), certificate(t, true)
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("canary-0123456789")}))
	const (
		noPEM    = "must be certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and not a file's name"
		noCA     = "has a certificate that is no authority's; give the one that issued the server's"
		isKey    = "has a private key in it; give only the certificates of authorities"
		isBroken = "has a certificate that cannot be read"
	)
	for name, c := range map[string]struct {
		value string
		want  []string // the certificates of the pool
		wrong string
	}{
		"nothing":            {"", nil, ""},
		"blank":              {" \n", nil, ""},
		"one":                {one, []string{one}, ""},
		"two":                {"\n" + one + "\n\n" + two + "\n", []string{one, two}, ""},
		"in one line":        {strings.ReplaceAll(one+two, "\n", `\n`), []string{one, two}, ""},
		"a path":             {"/etc/ssl/canary-0123456789.pem", nil, noPEM},
		"cut off":            {one[:len(one)-10], nil, noPEM},
		"one, then cut off":  {one + two[:100], nil, noPEM},
		"a key":              {one + key, nil, isKey},
		"bytes of no use":    {string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("canary")})), nil, isBroken},
		"a server's, not CA": {certificate(t, false), nil, noCA},
	} {
		e := settings.FromMap(map[string]string{"X_CA": c.value})
		pool := e.Certificates("X_CA")
		wrong := ""
		if err := e.Check(); err != nil {
			wrong = strings.TrimPrefix(err.Error(), "the configuration is not usable: X_CA ")
		}
		if wrong != c.wrong || (pool == nil) != (c.want == nil) {
			t.Errorf("%s: %q, a pool %v; want %q", name, wrong, pool != nil, c.wrong)
			continue
		}
		want := x509.NewCertPool()
		want.AppendCertsFromPEM([]byte(strings.Join(c.want, "")))
		if pool != nil && !pool.Equal(want) {
			t.Errorf("%s: the pool has other certificates", name)
		}
	}
}
