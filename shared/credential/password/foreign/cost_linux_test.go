package foreign_test

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"roster/shared/credential/password/foreign"
)

// processorTime returns how long this process has computed.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// The processor's time for each form, which other work on the machine changes less
// than the time by the clock. docs/password-formats.md shows it.
func BenchmarkForms(b *testing.B) {
	all := vectors(b)
	for _, prefix := range []string{
		"sha1$", "{SSHA}", "pbkdf2:sha256:260000$", "pbkdf2:sha256:600000$", "pbkdf2:sha256:1000000$", "pbkdf2:sha256$", "pbkdf2_sha256$600000$",
		"$pbkdf2-sha512$i=210000,", "scrypt:32768:8:1$", "scrypt$16384$", "$scrypt$ln=16,", "$fbscrypt$v=1,n=14,", "$2b$12$",
		"$argon2id$v=19$m=65536,t=3,p=4$", "argon2$argon2id$v=19$m=102400,t=2,p=8$",
	} {
		i := slices.IndexFunc(all, func(v vector) bool { return strings.HasPrefix(v.Stored, prefix) })
		if i < 0 {
			b.Fatalf("no vector begins with %s", prefix)
		}
		hash, err := foreign.Parse(all[i].Stored)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(prefix, func(b *testing.B) {
			before := processorTime(b)
			for b.Loop() {
				hash.Matches("another horse")
			}
			b.ReportMetric(1000*(processorTime(b)-before).Seconds()/float64(b.N), "cpu-ms/op")
			b.ReportMetric(0, "ns/op")
		})
	}
}
