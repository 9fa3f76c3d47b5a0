// Package rdsroots holds the root certificates of Amazon RDS and Aurora. AWS runs
// these authorities itself, and no operating system trusts them, so
// sslmode=verify-full fails without them:
//
//	pool := rdsroots.Pool(host) // nil if the host is not RDS's
//
// It refuses to trust more than a host needs: the system's roots, those of the
// host's Region, and Amazon's public roots, which RDS Proxy uses. A certificate is
// parsed only when a pool needs it, so a function with another host pays nothing.
// The files take 92 KB of each binary; compressed they would take 66 KB.
//
// docs/database.md says where the files come from and how to renew them.
package rdsroots

import (
	"crypto/x509"
	"embed"
	"net"
	"regexp"
	"strings"
	"sync"
)

//go:embed certificates/*.der
var files embed.FS

// public is the file with Amazon's public roots, which most systems trust as well.
const public = "amazon"

// endpoint matches the hosts of instances, clusters and proxies. In China the
// Region may come after rds.
var endpoint = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^.+\.(?:([a-z]{2}(?:-[a-z]+)+-[0-9]+)\.rds|rds\.(cn-[a-z]+-[0-9]+))\.amazonaws\.com(?:\.cn)?$`)
})

// Region returns the Region of a host of RDS or Aurora, or "" for any other host. A
// CNAME for such a host is another host.
func Region(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if net.ParseIP(host) != nil {
		return ""
	}
	m := endpoint().FindStringSubmatch(host)
	if m == nil {
		return ""
	}
	return m[1] + m[2] // one of the two is empty
}

// Known reports whether this package has the roots of a Region.
func Known(region string) bool {
	_, err := files.Open(file(region))
	return region != "" && err == nil
}

// Pool returns the authorities for a host of RDS: the system's, Amazon's public
// ones and those of its Region, if they are known. It returns nil for any other
// host.
func Pool(host string) *x509.CertPool {
	region := Region(host)
	if region == "" {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	for _, group := range []string{public, region} {
		for _, c := range certificates(group) {
			pool.AddCert(c)
		}
	}
	return pool
}

func file(group string) string { return "certificates/" + group + ".der" }

// certificates returns the certificates of a file, or none if there is no such file.
func certificates(group string) []*x509.Certificate {
	der, err := files.ReadFile(file(group))
	if err != nil {
		return nil
	}
	list, err := x509.ParseCertificates(der)
	if err != nil { // a test reads them all
		panic("rdsroots: " + group + ": " + err.Error())
	}
	return list
}
