// Package postgrestest gives each test a PostgreSQL database of its own: real, migrated and empty, so that tests may run in
// parallel. It needs nothing prepared.
//
// All test processes of a user share one server, which the first one starts and the last one stops. Each process clones the
// databases that it needs at a time from a migrated template, and empties one by DELETE when its test is over, which takes
// milliseconds where a new clone takes a tenth of a second.
//
// With TEST_DATABASE_URL, the URL of a database on a server whose role may create databases, that server is used instead. Then
// its log is out of reach, and a test of what was logged is skipped.
//
// It refuses to serve anything but tests, and to hand out a database that it cannot be sure of.
package postgrestest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"roster/shared/postgres"
)

// inMain guards against a package that forgets Main, whose server nobody would stop.
var inMain bool

// Main runs a package's tests and tidies up after them. A package that uses URL, Open, Pool or Empty needs
//
//	func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }
func Main(m *testing.M) int {
	inMain = true
	go leaveWhenInterrupted()
	code := m.Run()
	if err := leave(); err != nil {
		fmt.Fprintln(os.Stderr, "leaving the tests' database server:", err)
		code = max(code, 1)
	}
	return code
}

// URL returns the URL of the test's database. Within one test, URL, Open and Pool are about the same database; a subtest has
// another one.
//
// The database is emptied when the test and its cleanups are over. The schema should be left as it is: for changing it, there
// is Empty.
func URL(t testing.TB) string {
	t.Helper()
	return leaseOf(t).url
}

// FunctionsURL is URL for the role that the functions have, which may do less than the owner of the tables. With
// TEST_DATABASE_URL it is the same.
func FunctionsURL(t testing.TB) string {
	t.Helper()
	return leaseOf(t).functions
}

// Open opens the test's database as a function does, with the functions' role, but for several requests at a time, so that they
// can get in each other's way. The test need not close it.
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

// Pool returns plain access to the test's database, of at most 4 connections, for looking at rows. The test must not close it.
func Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return leaseOf(t).pool
}

// Empty returns the URL of a database without a schema, removed when the test is over.
func Empty(t testing.TB) string {
	t.Helper()
	m := machineFor(t)
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
