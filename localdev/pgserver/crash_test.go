//go:build unix

package pgserver_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"roster/localdev/pgserver"
)

func TestAttachToWhatAKilledProcessLeft(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	cmd, firstLine := startElsewhere(t, dir)
	if got := firstLine(); got != "started" {
		t.Fatal(got)
	}
	kill(t, cmd)

	began := time.Now()
	s := start(t, options(dir))
	t.Logf("attach: %v", time.Since(began))
	pid := postmaster(t, s.PidFile())
	if log := readFile(t, s.LogPath()); strings.Count(log, "starting PostgreSQL") != 1 {
		t.Errorf("not attached:\n%s", log)
	}
	query(t, s.URL("postgres"), "SELECT 1")
	stop(t, s)
	waitFor(t, "the postmaster's end", func() bool { return syscall.Kill(pid, 0) != nil || zombie(pid) })
}

func TestLeftServerOfAnotherPortIsReplaced(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	cmd, firstLine := startElsewhere(t, opts.Dir)
	if got := firstLine(); got != "started" {
		t.Fatal(got)
	}
	kill(t, cmd)
	s := startOnFreePort(t, &opts)
	if got := query(t, s.URL("postgres"), "SHOW port"); got != strconv.Itoa(opts.Port) {
		t.Errorf("port %s, want %d", got, opts.Port)
	}
}

func TestAKilledInitDBIsStartedAgain(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	cmd, _ := startElsewhere(t, dir)
	waitForInitDB(t, dir)
	kill(t, cmd)
	s := start(t, options(dir)) // at once, while the orphaned initdb still writes
	query(t, s.URL("postgres"), "CREATE TABLE t (n int)")
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	query(t, s.URL("postgres"), "SELECT * FROM t")
}

func TestAnEndedContextLeavesNothing(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := pgserver.Start(ctx, opts)
		ended <- err
	}()
	waitForInitDB(t, opts.Dir)
	cancel()
	wantError(t, <-ended, "context canceled")
	if left, _ := filepath.Glob(filepath.Join(opts.Dir, "server", "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// One server's accidents, one after the other.
func TestAServerOutlivesItsAccidents(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	s := start(t, opts)
	query(t, s.URL("postgres"), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
	wantKept := func(t *testing.T) {
		t.Helper()
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := query(t, s.URL("postgres"), "SELECT n FROM kept"); got != "42" {
			t.Errorf("got %s", got)
		}
	}

	t.Run("the server was killed", func(t *testing.T) {
		if err := syscall.Kill(postmaster(t, s.PidFile()), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		wantKept(t)
	})
	// After a reboot, or in a container that was started again, the number in postmaster.pid belongs to anybody: here, to us.
	t.Run("stale process file", func(t *testing.T) {
		_, rest, _ := strings.Cut(readFile(t, s.PidFile()), "\n")
		stop(t, s)
		for _, file := range []string{s.PidFile(), filepath.Join(s.SocketDir(), ".s.PGSQL.5432.lock")} {
			writeFile(t, file, fmt.Sprintf("%d\n%s", os.Getpid(), rest))
		}
		wantKept(t)
	})
	version := filepath.Join(s.DataDir(), "PG_VERSION")
	good := readFile(t, version)
	stop(t, s)
	t.Run("another version", func(t *testing.T) {
		writeFile(t, version, "9.6\n")
		wantError(t, s.Restart(t.Context()), "was made by PostgreSQL 9 ", "install version 9, or move "+opts.Dir)
	})
	t.Run("no version", func(t *testing.T) {
		writeFile(t, version, "")
		wantError(t, s.Restart(t.Context()), "is not PostgreSQL's data any more", "move "+opts.Dir)
	})
	t.Run("repaired", func(t *testing.T) {
		writeFile(t, version, good)
		wantKept(t)
		stop(t, s)
	})
	t.Run("damaged", func(t *testing.T) {
		if err := os.Remove(filepath.Join(s.DataDir(), "global", "pg_control")); err != nil {
			t.Fatal(err)
		}
		err := s.Restart(t.Context())
		wantError(t, err, "did not start (postgres: could not find the database system)", "move "+opts.Dir+" aside to start with an empty database")
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("more than a sentence: %v", err)
		}
	})
	t.Run("a damaged database", func(t *testing.T) {
		damaged := options(folder(t))
		s := start(t, damaged)
		stop(t, s)
		if err := os.RemoveAll(filepath.Join(s.DataDir(), "base")); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		wantError(t, s.Restart(t.Context()), "started and refuses connections (", "move "+damaged.Dir+" aside to start with an empty database")
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("it took %v", took)
		}
	})

	// Data that need not last is made anew.
	opts.Durable = false
	for _, damage := range []string{"global/pg_control", "PG_VERSION"} {
		t.Run("throw-away data without "+damage, func(t *testing.T) {
			if err := os.Remove(filepath.Join(s.DataDir(), damage)); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			query(t, start(t, opts).URL("postgres"), "SELECT 1")
		})
	}
	t.Run("throw-away data of another version", func(t *testing.T) {
		writeFile(t, version, "9.6\n")
		query(t, start(t, opts).URL("postgres"), "SELECT 1")
	})
}

func postmaster(t *testing.T, pidFile string) int {
	t.Helper()
	line, _, _ := strings.Cut(readFile(t, pidFile), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// zombie reports whether a process has ended and its new parent has not noticed yet.
func zombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && len(b) == 0
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// writeFile writes to a file that is there, which so stays the property of the account that runs PostgreSQL, or to a new one.
func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func waitForInitDB(t *testing.T, dir string) {
	t.Helper()
	waitFor(t, "initdb at work", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "server", "data.tmp*", "global"))
		return len(found) > 0
	})
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("no sign of %s", what)
		case <-tick.C:
		}
	}
}
