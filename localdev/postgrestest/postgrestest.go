// Package postgrestest gives each test its own PostgreSQL database: real, migrated and empty. So tests can run in parallel. It needs no
// preparation:
//
//	func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }
//
//	func TestX(t *testing.T) { db := postgrestest.Open(t) }
//
// All test processes of a user share one server. The first process starts it, and the last one stops it. Each process clones databases from
// a migrated template. After a test it deletes the rows, which takes milliseconds, and uses the database again; a new clone would take a
// tenth of a second.
//
// With TEST_DATABASE_URL, the tests use the server of that URL instead. Its role must be allowed to create databases. Tests that read the
// server's log are then skipped.
//
// It is for tests only. It refuses to reuse a database that a test may have left changed.
package postgrestest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"roster/shared/postgres"
)

// inMain detects a package whose TestMain does not call Main. Nobody would stop its server.
var inMain bool

// Main runs a package's tests and cleans up. A package that uses URL, Open, Pool or Empty needs
//
//	func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }
func Main(m *testing.M) int {
	inMain = true
	moreAtATime()
	go cleanUpWhenInterrupted()
	code := m.Run()
	if err := closeHarness(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot clean up the tests' database server:", err)
		code = max(code, 1)
	}
	return code
}

// moreAtATime runs more tests at a time than there are processors, because a test with a database waits for a third of its time. -parallel
// on the command line counts all the same: it is read later.
func moreAtATime() {
	_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // fails only without package testing
}

// URL returns the URL of the test's database. Within one test, URL, Open and Pool use the same database. A subtest has its own.
//
// The rows are deleted after the test and its cleanups. A test that changes the schema should use Empty.
func URL(t testing.TB) string {
	t.Helper()
	return leaseOf(t).url
}

// FunctionsURL is URL with the functions' role, which has fewer rights than the owner of the tables. With TEST_DATABASE_URL the two are the
// same.
func FunctionsURL(t testing.TB) string {
	t.Helper()
	return leaseOf(t).functions
}

// Open opens the test's database as the functions do, with their role, but with 4 connections, so that requests of one test can
// run at the same time. It is closed when the test ends.
func Open(t testing.TB) *postgres.DB {
	t.Helper()
	url := FunctionsURL(t)
	source := func(context.Context, bool) (string, error) { return url, nil }
	db, err := postgres.OpenSource(context.Background(), source, postgres.Options{Concurrency: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// Pool returns plain access to the test's database, for reading rows. It has at most 4 connections. The test must not close it.
func Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return leaseOf(t).pool
}

// Empty returns the URL of a database without a schema. It is dropped when the test ends.
func Empty(t testing.TB) string {
	t.Helper()
	m := harnessFor(t)
	ctx, cancel := withTimeout()
	defer cancel()
	name := m.newName()
	if err := m.exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := withTimeout()
		defer cancel()
		if err := m.drop(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return m.url(name)
}
