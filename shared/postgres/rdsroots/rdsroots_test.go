package rdsroots_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/postgres/rdsroots"
)

var update = flag.Bool("update", false, "write testdata/fingerprints.txt")

// groups are the files: a Region each, and amazon.
func groups(t *testing.T) (names []string) {
	t.Helper()
	entries, err := fs.ReadDir(rdsroots.Files, "certificates")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".der"))
	}
	return names
}

// A person reviews this list when the certificates change. It says for each one the
// Region, the end of its validity, and the fingerprint, which AWS's bundle gives as well.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	var list strings.Builder
	for _, group := range groups(t) {
		for _, c := range rdsroots.Certificates(group) {
			fmt.Fprintf(&list, "%s %s %x %s\n", group, c.NotAfter.Format(time.DateOnly), sha256.Sum256(c.Raw), c.Subject.CommonName)
		}
	}
	const golden = "testdata/fingerprints.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(list.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), list.String()); diff != "" {
		t.Errorf("compare with AWS's bundle, then run with -update (-reviewed +embedded):\n%s", diff)
	}
}

// A root is replaced before it ends: RDS signs a server's certificate until a
// year before.
func TestRootsAreValidForAnotherYear(t *testing.T) {
	t.Parallel()
	year := time.Now().AddDate(1, 0, 0)
	for _, group := range groups(t) {
		for _, c := range rdsroots.Certificates(group) {
			if time.Now().Before(c.NotBefore) || year.After(c.NotAfter) {
				t.Errorf("%s is valid from %v to %v: renew the certificates, as docs/database.md says", c.Subject.CommonName, c.NotBefore, c.NotAfter)
			}
			if !c.IsCA || c.CheckSignatureFrom(c) != nil {
				t.Errorf("%s is no root", c.Subject.CommonName)
			}
		}
	}
}

// A Region's servers have the key that their owner chose among three.
func TestEveryRegionHasARootOfEachKind(t *testing.T) {
	t.Parallel()
	regions := 0
	for _, group := range groups(t) {
		if group == "amazon" {
			continue
		}
		regions++
		kinds := ""
		for _, c := range rdsroots.Certificates(group) {
			kinds += strings.TrimPrefix(c.Subject.CommonName, "Amazon RDS "+group+" Root CA ") + "; "
		}
		if kinds != "ECC384 G1; RSA2048 G1; RSA4096 G1; " {
			t.Errorf("%s has %q", group, kinds)
		}
	}
	if n := len(rdsroots.Certificates("amazon")); regions != 27 || n != 5 {
		t.Errorf("%d Regions and %d public roots, want 27 and 5", regions, n)
	}
}

func TestRegion(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"db.c9akciq32.eu-central-1.rds.amazonaws.com":            "eu-central-1",
		"DB.c9akciq32.EU-Central-1.RDS.amazonaws.com.":           "eu-central-1",
		"app.cluster-c9akciq32.us-east-1.rds.amazonaws.com":      "us-east-1",
		"app.cluster-ro-c9akciq32.us-east-1.rds.amazonaws.com":   "us-east-1",
		"app.proxy-c9akciq32.ap-southeast-2.rds.amazonaws.com":   "ap-southeast-2",
		"db.c9akciq32.us-gov-west-1.rds.amazonaws.com":           "us-gov-west-1",
		"db.c9akciq32.cn-north-1.rds.amazonaws.com.cn":           "cn-north-1",
		"db.c9akciq32.rds.cn-northwest-1.amazonaws.com.cn":       "cn-northwest-1",
		"eu-central-1.rds.amazonaws.com":                         "",
		"db.eu-central-1.rds.amazonaws.com.example.com":          "",
		"db.eu-central-1.rds.amazonaws.com.evil":                 "",
		"rds.amazonaws.com":                                      "",
		"db.example.com":                                         "",
		"127.0.0.1":                                              "",
		"/var/run/postgresql":                                    "",
		"":                                                       "",
		"db.c9akciq32.eu-central-1.rds-preview.amazonaws.com":    "",
		"db.../../amazon.rds.amazonaws.com":                      "",
		"db.c9akciq32.eu-central-1.xrds.amazonaws.com":           "",
		"db.c9akciq32.eu-central-1.rds.amazonaws.com:5432":       "",
		"ep-cool-darkness-123456.eu-central-1.aws.neon.tech":     "",
		"db.cluster-custom-c9a.mx-central-1.rds.amazonaws.com":   "mx-central-1",
		"db.cluster-c9akciq32.eu-isoe-west-1.rds.amazonaws.com":  "eu-isoe-west-1",
		"db.cluster-c9akciq32.eu-central-1.rds.amazonaws.com\n":  "",
		"db.cluster-c9akciq32.eu-central-01.rds.amazonaws.com.x": "",
	} {
		if got := rdsroots.Region(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}

// Each root verifies as an authority of its own Region's hosts, and of no
// other's.
func TestPool(t *testing.T) {
	t.Parallel()
	if rdsroots.Pool("db.example.com") != nil {
		t.Error("another host has a pool")
	}
	system := rdsroots.Pool("db.x.xx-nowhere-1.rds.amazonaws.com") // no roots of its own
	for _, region := range []string{"eu-central-1", "us-east-1", "me-central-1"} {
		pool := rdsroots.Pool("db.x." + region + ".rds.amazonaws.com")
		for _, own := range rdsroots.Certificates(region) {
			with := system.Clone()
			with.AddCert(own)
			if system.Equal(with) {
				t.Errorf("%s is in every pool", own.Subject.CommonName)
			}
			if more := pool.Clone(); !func() bool { more.AddCert(own); return more.Equal(pool) }() {
				t.Errorf("%s is not in the pool of %s", own.Subject.CommonName, region)
			}
		}
		for _, other := range rdsroots.Certificates("sa-east-1") {
			more := pool.Clone()
			if more.AddCert(other); more.Equal(pool) {
				t.Errorf("the pool of %s has %s", region, other.Subject.CommonName)
			}
		}
	}
	for _, region := range []string{"eu-central-1", "us-west-2"} {
		if !rdsroots.Known(region) {
			t.Errorf("%s is not known", region)
		}
	}
	for _, region := range []string{"", "xx-nowhere-1", "il-central-1", "../certificates/amazon"} {
		if rdsroots.Known(region) {
			t.Errorf("%q is known", region)
		}
	}
}

func BenchmarkPool(b *testing.B) {
	for b.Loop() {
		rdsroots.Pool("db.x.eu-central-1.rds.amazonaws.com")
	}
}
