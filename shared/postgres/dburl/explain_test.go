package dburl_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/shared/postgres/dburl"
)

// impostor answers each connection with a certificate that nobody vouches for. RDS
// in a Region whose roots are not built in looks the same.
func impostor(t *testing.T, host string) string {
	t.Helper()
	certificate := selfSigned(t, host)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := conn.Read(make([]byte, 8)); err != nil { // SSLRequest
					return
				}
				_, _ = conn.Write([]byte("S"))
				_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}}).Handshake()
			}()
		}
	}()
	return listener.Addr().String()
}

// An operator whose Region is newer than the built-in certificates reads what to do
// in the failure itself.
func TestExplain(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"db.example.com": "certificate signed by unknown authority; give the certificate of its authority as DATABASE_CA, see docs/database.md",
		"db.x.il-central-1.rds.amazonaws.com": "certificate signed by unknown authority; give the certificates of RDS for il-central-1, " +
			"https://truststore.pki.rds.amazonaws.com/il-central-1/il-central-1-bundle.pem, as DATABASE_CA, see docs/database.md",
		"db.x.us-gov-west-1.rds.amazonaws.com":     "; give the certificates of RDS for us-gov-west-1 as DATABASE_CA, see docs/database.md",
		"db.x.rds.cn-north-1.amazonaws.com.cn":     "; give the certificates of RDS for cn-north-1 as DATABASE_CA, see docs/database.md",
		"db.x.eu-central-1.rds.amazonaws.com":      "give the certificates of RDS for eu-central-1, https://truststore.pki.rds.amazonaws.com/eu-central-1/",
		"app.proxy-x.mx-central-1.rds.example.com": "; give the certificate of its authority as DATABASE_CA, see docs/database.md",
	} {
		cfg := config(t, dburl.Access{}, "postgres://u:s3cret@"+host+"/d?sslmode=verify-full")
		cfg.LookupFunc = func(context.Context, string) ([]string, error) { return []string{"127.0.0.1"}, nil }
		at := impostor(t, host)
		cfg.DialFunc = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, at)
		}
		_, err := pgx.ConnectConfig(t.Context(), cfg)
		got := dburl.Explain(err)
		if err == nil || !strings.Contains(got.Error(), want) || strings.Contains(got.Error(), "s3cret") || !errors.Is(got, err) {
			t.Errorf("%s: %v\nwant %s", host, got, want)
		}
	}
	for _, err := range []error{nil, errors.New("refused"), x509.HostnameError{Host: "h", Certificate: &x509.Certificate{}}} {
		if got := dburl.Explain(err); !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
}

func selfSigned(t *testing.T, host string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
