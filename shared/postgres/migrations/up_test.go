package migrations_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/postgrestest"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

func names(t testing.TB) []string {
	t.Helper()
	all, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(all) == 0 {
		t.Fatalf("the migrations: %v, %v", all, err)
	}
	return all
}

func TestUp(t *testing.T) {
	t.Parallel()
	url := postgrestest.Empty(t)
	applied, err := migrations.Up(t.Context(), url, dburl.Access{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range applied {
		applied[i] = path.Base(applied[i])
	}
	if diff := cmp.Diff(names(t), applied); diff != "" {
		t.Errorf("applied to an empty database (-want +got):\n%s", diff)
	}
	again, err := migrations.Up(t.Context(), url, dburl.Access{})
	if err != nil || len(again) > 0 {
		t.Errorf("a second time: %q, %v", again, err)
	}
}

// The seeding function runs at each deployment and by a schedule, so two runs may
// overlap. One migrates; the others wait for it and find nothing left to do.
func TestUpAtOnce(t *testing.T) {
	t.Parallel()
	url := postgrestest.Empty(t)
	for round, want := range []int{len(names(t)), 0, 0} {
		var applied [6][]string
		var wg sync.WaitGroup
		for i := range applied {
			wg.Go(func() {
				var err error
				if applied[i], err = migrations.Up(t.Context(), url, dburl.Access{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if all := slices.Concat(applied[:]...); len(all) != want {
			t.Errorf("round %d: applied %q", round, applied)
		}
	}
}

// A migration of a large table takes longer than a request may.
func TestUpIsNotBoundByTheTimeouts(t *testing.T) {
	t.Parallel()
	url := postgrestest.Empty(t)
	if err := migrations.SetRoleDefaults(t.Context(), url, dburl.Access{}); err != nil { // as if one role did both
		t.Fatal(err)
	}
	conn := connect(t, url)
	// All migrations are to be applied again, with the role's timeouts.
	for _, sql := range []string{"drop schema public cascade", "create schema public"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// A migration that creates the same table waits for the end of this transaction.
	if _, err := tx.Exec(t.Context(), "create table users ()"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		applied, err := migrations.Up(t.Context(), url, dburl.Access{})
		if want := len(names(t)); err == nil && len(applied) != want {
			err = fmt.Errorf("%d migrations applied, want %d", len(applied), want)
		}
		done <- err
	}()
	waitUntilBlocked(t, url, conn.PgConn().PID())
	// Longer than lock_timeout, by the server's clock.
	if _, err := tx.Exec(t.Context(), "select pg_sleep(0.4)"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("it did not wait for the lock: %v", err)
	}
}

// waitUntilBlocked waits until another connection waits for a lock of the
// process.
func waitUntilBlocked(t *testing.T, url string, process uint32) {
	t.Helper()
	conn := connect(t, url)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		var blocked bool
		err := conn.QueryRow(t.Context(), "select exists (select from pg_stat_activity where $1::int = any (pg_blocking_pids(pid))) from pg_sleep(0.01)", process).Scan(&blocked)
		if err != nil {
			t.Fatal(err)
		}
		if blocked {
			return
		}
	}
	t.Fatal("the migration never waited for the lock")
}

// An error is shown in the log and in CloudFormation's events.
func TestNoErrorShowsAPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://owner:s3@s3cret@127.0.0.1:1/db", "postgres://owner:ta@s3cret s@127.0.0.1:1/db", "postgres://owner:1/s3cret@127.0.0.1:1/db",
		"postgres://owner:s3cret@127.0.0.1:x/db", "postgres://owner:s3cret@127.0.0.1:1/db",
	} {
		_, err := migrations.Up(t.Context(), url, dburl.Access{})
		for name, err := range map[string]error{
			"Up": err, "Grant to": migrations.Grant(t.Context(), postgrestest.URL(t), url, dburl.Access{}), "Grant by": migrations.Grant(t.Context(), url, "postgres://roster@127.0.0.1:1/db", dburl.Access{}),
		} {
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s %s: %v", name, url, err)
			}
		}
	}
}

func TestUpRefuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "nonsense", "postgres://user:hunter2@192.0.2.1:99999/db", "postgres://user:hunter2@127.0.0.1:1/db?sslmode=disable"} {
		if applied, err := migrations.Up(t.Context(), url, dburl.Access{}); err == nil || len(applied) > 0 {
			t.Errorf("%s: %q, %v", url, applied, err)
		}
	}
}
