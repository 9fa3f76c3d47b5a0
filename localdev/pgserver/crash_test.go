//go:build unix

package pgserver_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
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

func TestKillAmidInitDB(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	cmd, _ := startElsewhere(t, dir)
	unfinished := filepath.Join(dir, "server", "data.tmp*", "global")
	waitFor(t, "initdb at work", func() bool {
		found, _ := filepath.Glob(unfinished)
		return len(found) > 0
	})
	kill(t, cmd)
	s := start(t, options(dir)) // at once, while the orphaned initdb still writes
	query(t, s.URL("postgres"), "CREATE TABLE t (n int)")
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	query(t, s.URL("postgres"), "SELECT * FROM t")
}

func TestKilledServerRecovers(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	s := start(t, opts)
	query(t, s.URL("postgres"), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
	pid := postmaster(t, s.PidFile())
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	s = start(t, opts)
	if got := query(t, s.URL("postgres"), "SELECT n FROM kept"); got != "42" {
		t.Errorf("got %s", got)
	}
}

// After a reboot, or in a container that was started again, the number in postmaster.pid belongs to anybody: here, to us.
func TestStaleProcessFile(t *testing.T) {
	t.Parallel()
	s := start(t, options(folder(t)))
	content := readFile(t, s.PidFile())
	stop(t, s)
	_, rest, _ := strings.Cut(content, "\n")
	if err := os.WriteFile(s.PidFile(), fmt.Appendf(nil, "%d\n%s", os.Getpid(), rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	query(t, s.URL("postgres"), "SELECT 1")
}

func TestDamagedData(t *testing.T) {
	t.Parallel()
	for _, damage := range []string{"PG_VERSION", "global/pg_control"} {
		t.Run(damage, func(t *testing.T) {
			t.Parallel()
			opts := options(folder(t))
			s := start(t, opts)
			stop(t, s)
			if err := os.Remove(filepath.Join(s.DataDir(), damage)); err != nil {
				t.Fatal(err)
			}
			err := s.Restart(t.Context())
			wantError(t, err, "remove "+opts.Dir+" to begin anew")
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a sentence: %v", err)
			}
			opts.Durable = false
			query(t, start(t, opts).URL("postgres"), "SELECT 1")
		})
	}
}

func TestDataOfAnotherVersion(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	s := start(t, opts)
	stop(t, s)
	// Written in place: the file belongs to the account that runs PostgreSQL.
	if err := os.WriteFile(filepath.Join(s.DataDir(), "PG_VERSION"), []byte("9.6\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := s.Restart(t.Context())
	wantError(t, err, "was made by PostgreSQL 9 ", "install version 9, or remove "+opts.Dir)
	opts.Durable = false
	query(t, start(t, opts).URL("postgres"), "SELECT 1")
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
