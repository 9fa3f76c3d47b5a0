// Package rdsroots has the certificates of the authorities that vouch for
// servers of Amazon RDS and Aurora. They are AWS's own and in no system's list,
// so that sslmode=verify-full fails without them.
//
//	pool := rdsroots.Pool(host) // nil: not a server of RDS
//
// It refuses to trust more than a host needs: the roots of its Region and
// Amazon's public ones (RDS Proxy has those), beside the system's. They are read
// when a pool is asked for, so a function with another host pays nothing; 92 KB
// of each binary are theirs, and compressed they would be 26 KB less.
//
// docs/database.md says where they come from and how to renew them.
package rdsroots

import (
	"crypto/x509"
	"embed"
	"net"
	"regexp"
	"strings"
)

//go:embed certificates/*.der
var files embed.FS

// public are the roots of RDS Proxy: Amazon's, which most systems have as well.
const public = "amazon"

// endpoint matches the hosts of instances, clusters and proxies. In China the
// Region stands behind rds.
var endpoint = regexp.MustCompile(`^.+\.(?:([a-z]{2}(?:-[a-z]+)+-[0-9]+)\.rds|rds\.(cn-[a-z]+-[0-9]+))\.amazonaws\.com(?:\.cn)?$`)

// Region returns the Region of a host of RDS or Aurora, or "" for any other. A
// name of one's own for such a host is another.
func Region(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if net.ParseIP(host) != nil {
		return ""
	}
	m := endpoint.FindStringSubmatch(host)
	if m == nil {
		return ""
	}
	return m[1] + m[2] // one of the two is empty
}

// Known reports whether the roots of a Region are here.
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

// certificates returns those of a file, none where there is no such file.
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
