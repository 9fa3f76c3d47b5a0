package dburl

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"roster/shared/postgres/rdsroots"
)

// check says how much a connection checks its server. More is greater.
type check int

const (
	noTLS      check = iota // sslmode=disable; allow and prefer may end up here as well
	unverified              // require: TLS, with any certificate
	verifyCA                // verify-ca: a certificate of a trusted authority, for any host
	verifyFull              // verify-full: a certificate of a trusted authority, for this host
)

// server is a host of a URL with one way to connect to it. sslmode=prefer has two
// ways, so it gives two servers.
type server struct {
	host string
	tls  *tls.Config
}

func serversOf(c *pgx.ConnConfig) []server {
	list := []server{{c.Host, c.TLSConfig}}
	for _, f := range c.Fallbacks {
		list = append(list, server{f.Host, f.TLSConfig})
	}
	return list
}

// check looks at pgx's configuration and not at the URL, because sslmode may also
// come from PGSSLMODE or from a service file.
func (s server) check() check {
	switch {
	case s.tls == nil:
		return noTLS
	case !s.tls.InsecureSkipVerify:
		return verifyFull
	case s.tls.VerifyPeerCertificate != nil:
		return verifyCA
	}
	return unverified
}

// local reports whether the server is on this machine.
func (s server) local() bool {
	ip := net.ParseIP(s.host)
	return filepath.IsAbs(s.host) || strings.HasPrefix(s.host, "@") || strings.EqualFold(s.host, "localhost") || ip != nil && ip.IsLoopback()
}

// trust sets the authorities, unless the URL names them (sslrootcert).
func (a Access) trust(s server) {
	if s.tls == nil || s.check() < verifyCA || s.tls.RootCAs != nil {
		return
	}
	if s.tls.RootCAs = a.Roots; a.Roots == nil {
		s.tls.RootCAs = rdsroots.Pool(s.host)
	}
}

// risks says what is possible with each check that is weaker than verifyFull.
var risks = map[check]string{
	noTLS: "allows a connection without TLS (sslmode is disable, allow, prefer or not given): " +
		"anyone on the network between can read and change every statement",
	unverified: "encrypts, but does not check the server's certificate (sslmode=require): " +
		"anyone who can redirect the connection can stand in for the server, read every statement and answer it",
	verifyCA: "checks who issued the server's certificate, but not its host name (sslmode=verify-ca): " +
		"anyone with a certificate from that authority can stand in for the server",
}

// Warnings returns a sentence for each weakness of the connection to a database
// over a network. Each begins with the name of the variable.
func (a Access) Warnings(variable string, c *pgx.ConnConfig) (list []string) {
	weakest := verifyFull
	for _, s := range serversOf(c) {
		if !s.local() {
			weakest = min(weakest, s.check())
		}
	}
	if risk, weak := risks[weakest]; weak {
		list = append(list, variable+" "+risk+"; write sslmode=verify-full, see docs/database.md")
	}
	if region := rdsroots.Region(c.Host); a.Roots == nil && region != "" && !rdsroots.Known(region) && weakest >= verifyCA {
		list = append(list, variable+" is in the Region "+region+", whose certificates are not built in; give them as DATABASE_CA, see docs/database.md")
	}
	return list
}
