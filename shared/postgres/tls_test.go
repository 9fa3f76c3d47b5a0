package postgres_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/pgserver"
	"roster/localdev/postgrestest"
	"roster/shared/boot/settings"
	"roster/shared/postgres"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

// authority is a private one, as a company has.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a private authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	return authority{key, sign(t, template, template, key, key)}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (a authority) pem() string { return toPEM("CERTIFICATE", a.certificate.Raw) }

func toPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// issue returns a certificate for a server of that name, with its key, in PEM.
func (a authority) issue(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	k := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return toPEM("CERTIFICATE", sign(t, template, a.certificate, k, a.key).Raw), toPEM("PRIVATE KEY", der)
}

// speakTLS gives a server a certificate. PostgreSQL's own account writes the
// files, because it takes no key that others could have read.
func speakTLS(t *testing.T, server *pgserver.Server, certificate, key string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	run := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for name, text := range map[string]string{"server.crt": certificate, "server.key": key} {
		path := filepath.Join(server.DataDir(), name)
		lines := "select unnest(string_to_array('" + strings.TrimSpace(text) + "', E'\\n'))"
		run(fmt.Sprintf("copy (%s) to program $$umask 077; cat > '%s'$$", lines, path))
		run(fmt.Sprintf("alter system set %s = '%s'", map[string]string{"server.crt": "ssl_cert_file", "server.key": "ssl_key_file"}[name], path))
	}
	run("alter system set ssl = on")
	run("select pg_reload_conf()")
	for end := time.Now().Add(20 * time.Second); ; { // the postmaster reads it when it comes to it
		c, err := pgx.Connect(t.Context(), strings.Replace(server.URL("postgres"), "sslmode=disable", "sslmode=require", 1))
		if err == nil {
			_ = c.Close(context.Background())
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// rootsOf reads them as a function does.
func rootsOf(t *testing.T, pem string) dburl.Access {
	t.Helper()
	env := settings.FromMap(map[string]string{"DATABASE_CA": pem})
	access := dburl.Access{Roots: env.Certificates("DATABASE_CA")}
	if err := env.Check(); err != nil {
		t.Fatal(err)
	}
	return access
}

// verified is a server's URL with another sslmode, host and parameters.
func verified(t *testing.T, server *pgserver.Server, host, query string) string {
	t.Helper()
	u, err := url.Parse(server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	u.Host, u.RawQuery = net.JoinHostPort(host, u.Port()), query
	return u.String()
}

// A PostgreSQL with TLS and a certificate of a private authority: it is reached
// with that authority's certificate, and neither with another's nor under
// another name.
func TestPrivateAuthority(t *testing.T) {
	t.Parallel()
	server, own, other := postgrestest.Server(t), newAuthority(t), newAuthority(t)
	certificate, key := own.issue(t, "127.0.0.1")
	speakTLS(t, server, certificate, key)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(own.pem()), 0o600); err != nil {
		t.Fatal(err)
	}
	const full = "sslmode=verify-full"
	const unknown = "; give the certificate of its authority as DATABASE_CA, see docs/database.md"
	for name, c := range map[string]struct {
		access dburl.Access
		url    string
		want   string // "" is success
	}{
		"its authority":          {rootsOf(t, own.pem()), verified(t, server, "127.0.0.1", full), ""},
		"two authorities":        {rootsOf(t, other.pem()+own.pem()), verified(t, server, "127.0.0.1", full), ""},
		"in one line":            {rootsOf(t, strings.ReplaceAll(own.pem(), "\n", `\n`)), verified(t, server, "127.0.0.1", full), ""},
		"sslrootcert":            {dburl.Access{}, verified(t, server, "127.0.0.1", full+"&sslrootcert="+url.QueryEscape(file)), ""},
		"another authority":      {rootsOf(t, other.pem()), verified(t, server, "127.0.0.1", full), unknown},
		"the system's":           {dburl.Access{}, verified(t, server, "127.0.0.1", full), unknown},
		"another name":           {rootsOf(t, own.pem()), verified(t, server, "localhost", full), "wanted to match localhost"},
		"a name that is ignored": {rootsOf(t, own.pem()), verified(t, server, "localhost", "sslmode=verify-ca"), ""},
		"verify-ca of another":   {rootsOf(t, other.pem()), verified(t, server, "127.0.0.1", "sslmode=verify-ca"), unknown},
	} {
		source := func(context.Context, bool) (string, error) { return c.url, nil }
		db, err := postgres.OpenSource(t.Context(), source, postgres.Options{Access: c.access})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Cleanup(db.Close)
		_, migrateErr := migrations.Up(t.Context(), c.url, c.access)
		for what, err := range map[string]error{"Ping": db.Ping(t.Context()), "Up": migrateErr} {
			if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: %v, want %q", name, what, err, c.want)
			}
		}
	}
}
