package dburl_test

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/shared/postgres/dburl"
	"roster/shared/postgres/rdsroots"
)

const rds = "db.c9akciq32.eu-central-1.rds.amazonaws.com"

// config reads what must be good.
func config(t *testing.T, a dburl.Access, url string) *pgx.ConnConfig {
	t.Helper()
	cfg, err := a.Config("X_URL", url)
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return cfg.ConnConfig
}

// Which authorities count: those that are given, RDS's for its hosts, else the
// system's, which is nil.
func TestRoots(t *testing.T) {
	t.Parallel()
	given := x509.NewCertPool()
	for _, mode := range []string{"verify-full", "verify-ca"} {
		for host, c := range map[string]struct {
			access dburl.Access
			want   *x509.CertPool
		}{
			rds:              {dburl.Access{}, rdsroots.Pool(rds)},
			"db.example.com": {dburl.Access{}, nil},
			"x." + rds:       {dburl.Access{Roots: given}, given},
			"db.internal":    {dburl.Access{Roots: given}, given},
		} {
			cfg := config(t, c.access, "postgres://u@"+host+"/d?sslmode="+mode)
			if got := cfg.TLSConfig.RootCAs; (got == nil) != (c.want == nil) || got != nil && !got.Equal(c.want) {
				t.Errorf("%s, %s: other roots", host, mode)
			}
		}
	}
	if cfg := config(t, dburl.Access{}, "postgres://u@"+rds+"/d?sslmode=require"); cfg.TLSConfig.RootCAs != nil {
		t.Error("with sslmode=require, which looks at no certificate, there are roots")
	}
	both := config(t, dburl.Access{}, "postgres://u@db.example.com,"+rds+"/d?sslmode=verify-full")
	if both.TLSConfig.RootCAs != nil || both.Fallbacks[0].TLSConfig.RootCAs == nil {
		t.Error("of two hosts, each has not its own roots")
	}
}

// sslrootcert goes on as before.
func TestRootsOfTheURL(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, []byte(someCA), 0o600); err != nil {
		t.Fatal(err)
	}
	want := x509.NewCertPool()
	want.AppendCertsFromPEM([]byte(someCA))
	url := "postgres://u@" + rds + "/d?sslmode=verify-full&sslrootcert=" + path
	if got := config(t, dburl.Access{}, url).TLSConfig.RootCAs; !got.Equal(want) {
		t.Error("the file's certificates are not the only ones")
	}
	_, err := dburl.Access{Roots: want}.Config("X_URL", url)
	if err == nil || err.Error() != "X_URL names a certificate (sslrootcert) and DATABASE_CA has another; leave one of them out" {
		t.Errorf("both: %v", err)
	}
}

func TestAnAuthorityNeedsAModeThatAsksIt(t *testing.T) {
	t.Parallel()
	const want = "X_URL has an sslmode that does not look at the server's certificate, so DATABASE_CA has no use; write sslmode=verify-full"
	for _, mode := range []string{"", "disable", "allow", "prefer", "require"} {
		_, err := dburl.Access{Roots: x509.NewCertPool()}.Config("X_URL", "postgres://u:s3cret@db.internal/d?sslmode="+mode)
		if err == nil || err.Error() != want {
			t.Errorf("sslmode=%s: %v", mode, err)
		}
	}
	for _, local := range []string{"postgres:///d?host=/tmp", "postgres://u@127.0.0.1/d?sslmode=disable"} {
		config(t, dburl.Access{Roots: x509.NewCertPool()}, local)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	const (
		plain = "X_URL allows a connection without TLS (sslmode is disable, allow, prefer or not given): "
		blind = "X_URL encrypts, but does not check the server's certificate (sslmode=require): "
		byCA  = "X_URL checks who issued the server's certificate, but not its host name (sslmode=verify-ca): "
		far   = "X_URL is in the Region il-central-1, whose certificates are not built in; give them as DATABASE_CA, see docs/database.md"
	)
	for url, want := range map[string]string{
		"postgres://u@db.example.com/d":                                          plain,
		"postgres://u@db.example.com/d?sslmode=disable":                          plain,
		"postgres://u@db.example.com/d?sslmode=allow":                            plain,
		"postgres://u@db.example.com/d?sslmode=prefer":                           plain,
		"postgres://u@db.example.com/d?sslmode=require":                          blind,
		"postgres://u@db.example.com/d?sslmode=verify-ca":                        byCA,
		"postgres://u@db.example.com/d?sslmode=verify-full":                      "",
		"host=db.example.com user=u":                                             plain,
		"postgres://u@127.0.0.1,db.example.com/d":                                plain,
		"postgres:///d?host=/run/postgresql":                                     "",
		"postgres://u@127.0.0.1/d?sslmode=disable":                               "",
		"postgres://u@[::1]/d?sslmode=disable":                                   "",
		"postgres://u@localhost/d?sslmode=disable":                               "",
		"postgres://u@localhost.example/d?sslmode=disable":                       plain,
		"postgres://u@" + rds + "/d?sslmode=verify-full":                         "",
		"postgres://u@" + rds + "/d":                                             plain,
		"postgres://u@db.x.il-central-1.rds.amazonaws.com/d":                     plain,
		"postgres://u@db.x.il-central-1.rds.amazonaws.com/d?sslmode=verify-full": far,
	} {
		cfg := config(t, dburl.Access{}, url)
		got := strings.Join(dburl.Access{}.Warnings("X_URL", cfg), "\n")
		if (want == "") != (got == "") || !strings.HasPrefix(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
	url := "postgres://u@db.x.il-central-1.rds.amazonaws.com/d?sslmode=verify-full"
	given := dburl.Access{Roots: x509.NewCertPool()}
	if got := given.Warnings("X_URL", config(t, given, url)); got != nil {
		t.Errorf("with DATABASE_CA: %q", got)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	var asked []dburl.Endpoint
	failing := errors.New("no credentials")
	a := dburl.Access{Token: func(_ context.Context, e dburl.Endpoint) (string, error) {
		if asked = append(asked, e); e.User == "nobody" {
			return "", failing
		}
		return "token", nil
	}}
	const verified = "?sslmode=verify-full"
	cfg := config(t, a, "postgres://ann@"+rds+":5433/d"+verified)
	if err := a.Login(t.Context(), cfg); err != nil || cfg.Password != "token" || len(asked) != 1 || asked[0] != (dburl.Endpoint{Host: rds, Port: 5433, User: "ann"}) {
		t.Errorf("password %q for %+v, %v", cfg.Password, asked, err)
	}
	if err := a.Login(t.Context(), config(t, a, "postgres://nobody@"+rds+"/d"+verified)); !errors.Is(err, failing) {
		t.Errorf("without credentials: %v", err)
	}
	owner := config(t, a, "postgres://owner:secret@"+rds+"/d")
	if err := a.Login(t.Context(), owner); err != nil || owner.Password != "secret" {
		t.Errorf("a URL with a password gets %q, %v", owner.Password, err)
	}
	for url, want := range map[string]string{
		"postgres://ann@" + rds + "/d":                            "must have sslmode=verify-full with DATABASE_AUTH=iam",
		"postgres://ann@" + rds + "/d?sslmode=require":            "must have sslmode=verify-full with DATABASE_AUTH=iam",
		"postgres://ann@" + rds + "/d?sslmode=verify-ca":          "must have sslmode=verify-full with DATABASE_AUTH=iam",
		"postgres://ann@127.0.0.1/d?sslmode=disable":              "must have sslmode=verify-full with DATABASE_AUTH=iam",
		"postgres:///d?host=/tmp&user=ann":                        "must have sslmode=verify-full with DATABASE_AUTH=iam",
		"postgres://ann@" + rds + ",db.example.com/d" + verified:  "names several hosts; with DATABASE_AUTH=iam it must name one",
		"postgres://ann@" + rds + ":1," + rds + ":2/d" + verified: "names several hosts; with DATABASE_AUTH=iam it must name one",
		"postgres://ann@" + rds + ":80000000000000/d" + verified:  "is not a PostgreSQL URL",
	} {
		if _, err := a.Config("X_URL", url); err == nil || !strings.HasPrefix(err.Error(), "X_URL "+want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}

// someCA is an authority that vouches for nobody: its key was thrown away.
const someCA = `-----BEGIN CERTIFICATE-----
MIIBijCCAS+gAwIBAgIURiYohFiewPHbBoP8Xg1C/XPuYE4wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOc29tZSBhdXRob3JpdHkwIBcNMjYxMTI3MDczMTQ2WhgPMjEy
NjExMDMwNzMxNDZaMBkxFzAVBgNVBAMMDnNvbWUgYXV0aG9yaXR5MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEWzKf+FxbyZW8dyEagKI68Hsc9i4ZsCFPff/BTMyA
Opi2JxZZvT4bYLiJwYiA7QkbeyPHHiA2QRVMnaKdg6XKLqNTMFEwHQYDVR0OBBYE
FF2l1rwSRScFUoYHBCXGfvTHYIwMMB8GA1UdIwQYMBaAFF2l1rwSRScFUoYHBCXG
fvTHYIwMMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAO6TlDet
St2UsWz2kei0YcE5PlR+COaoEUDvg30rW08OAiEA9opYjOP7ACyrlyxlZXit4VTc
SmAmAmTdUASxmCng5Kk=
-----END CERTIFICATE-----`
