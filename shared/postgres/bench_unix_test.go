//go:build unix

package postgres_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"roster/localdev/postgrestest"
	"roster/shared/audit"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

// BenchmarkLogin measures the statements of a login: cpu-µs/op is the CPU of
// this process, ns/op includes PostgreSQL and the way there. The case read is a
// login without limits and audit log.
func BenchmarkLogin(b *testing.B) {
	db := postgrestest.Open(b)
	u := create(b, db, account("ann"))
	at := time.Now()
	perAccount := []ratelimit.Budget{
		{Key: "account", Limit: 100, Consecutive: true, PerAccount: true, Provisional: true},
		{Key: "account network", Limit: 1_000_000, Window: time.Hour, PerAccount: true, Provisional: true},
	}
	attempt := func(name string) error {
		_, err := db.AttemptAtAccount(b.Context(), user.Lookup{
			Username: name, Typed: name, OtherDevice: perAccount,
			Budgets: []ratelimit.Budget{{Key: "network", Limit: 100_000_000, Window: time.Hour}},
		}, at)
		return err
	}
	find := func() error {
		_, err := db.UserByUsername(b.Context(), "ann")
		return err
	}
	record := func() error {
		login := loginOf(u, at)
		login.Clear = ratelimit.Of(ratelimit.Owner{Account: u.UUID}, perAccount...)
		_, err := db.RecordLogin(b.Context(), login, audit.Event{Actions: []audit.Action{audit.ActionLogin}, At: at, Actor: u.UUID, Target: u.UUID})
		return err
	}
	for _, c := range []struct {
		name  string
		steps func(n int) []error
	}{
		{"read", func(int) []error { return []error{find()} }},
		{"right", func(int) []error { return []error{attempt("ann"), record()} }},
		{"wrong", func(n int) []error { // a new name each time, because one name would have to wait
			name := fmt.Sprint("n", n)
			return []error{attempt(name), db.RecordFailure(b.Context(), ratelimit.Of(ratelimit.Owner{Typed: name}, perAccount...), failedLogin(at))}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			before, n := cpu(b), 0
			for b.Loop() {
				n++
				for _, err := range c.steps(n) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(n), "cpu-µs/op")
		})
	}
}

// cpu returns the CPU time that this process has used.
func cpu(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
