package dburl

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"roster/shared/aws/rdsroots"
)

// check is how far a connection makes sure of its server. The order is from
// nothing to everything.
type check int

const (
	noTLS      check = iota // sslmode=disable; allow and prefer, if the server or the network wants it
	unverified              // require: encrypted for whoever answers
	verifyCA                // verify-ca: for whoever has a certificate of that authority
	verifyFull              // verify-full: for the host of the URL
)

// server is a host of a URL with one way to speak to it: prefer has two.
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

// check reads pgx's configuration back, because sslmode may also come from
// PGSSLMODE or a service file.
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

// local reports a server that no network is between.
func (s server) local() bool {
	ip := net.ParseIP(s.host)
	return filepath.IsAbs(s.host) || strings.HasPrefix(s.host, "@") || strings.EqualFold(s.host, "localhost") || ip != nil && ip.IsLoopback()
}

// trust sets the authorities, where the URL names none (sslrootcert).
func (a Access) trust(s server) {
	if s.tls == nil || s.check() < verifyCA || s.tls.RootCAs != nil {
		return
	}
	if s.tls.RootCAs = a.Roots; a.Roots == nil {
		s.tls.RootCAs = rdsroots.Pool(s.host)
	}
}

// risks are what each check but the last leaves open.
var risks = map[check]string{
	noTLS: "allows a connection without TLS (sslmode is disable, allow, prefer or not given): " +
		"anyone on the network between can read and change every statement",
	unverified: "encrypts, but does not check the server's certificate (sslmode=require): " +
		"anyone who can redirect the connection can stand in for the server, read every statement and answer it",
	verifyCA: "checks who issued the server's certificate, but not its host name (sslmode=verify-ca): " +
		"anyone with a certificate from that authority can stand in for the server",
}

// Warnings says what is weak about the way to a database over a network, in a
// sentence each that begins with the variable's name.
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
