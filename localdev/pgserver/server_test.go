package pgserver_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/pgserver"
)

func TestDataOutlivesAStop(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	began := time.Now()
	s := start(t, opts)
	t.Logf("first start: %v", time.Since(began))
	query(t, s.URL("postgres"), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
	began = time.Now()
	stop(t, s)
	t.Logf("stop: %v", time.Since(began))
	if _, err := pgx.Connect(t.Context(), s.URL("postgres")); err == nil {
		t.Error("the server answers after Stop")
	}
	stop(t, s) // a second time is no error

	began = time.Now()
	s = start(t, opts)
	t.Logf("second start: %v", time.Since(began))
	if got := query(t, s.URL("postgres"), "SELECT n FROM kept"); got != "42" {
		t.Errorf("got %s", got)
	}
}

func TestRestartKeepsDataAndAddress(t *testing.T) {
	t.Parallel()
	s := start(t, options(folder(t)))
	before := s.URL("postgres")
	query(t, before, "CREATE TABLE kept (n int)")
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.URL("postgres") != before {
		t.Errorf("moved to %s", s.URL("postgres"))
	}
	query(t, before, "SELECT * FROM kept")
}

func TestSocketOnly(t *testing.T) {
	t.Parallel()
	s := start(t, options(folder(t)))
	if got := query(t, s.URL("postgres"), "SHOW listen_addresses"); got != "" {
		t.Errorf("listens on %q", got)
	}
	fi, err := os.Stat(s.SocketDir())
	if err != nil {
		t.Fatal(err)
	}
	if fi.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder has mode %v", fi.Mode())
	}
}

func TestTCPNeedsThePassword(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	s := startOnFreePort(t, &opts)
	good, err := url.Parse(s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	query(t, good.String(), "SELECT 1")

	for _, wrong := range []*url.Userinfo{url.User("postgres"), url.UserPassword("postgres", "wrong")} {
		bad := *good
		bad.User = wrong
		if _, err := pgx.Connect(t.Context(), bad.String()); err == nil {
			t.Errorf("let in with %s", wrong)
		}
	}
	fi, err := os.Stat(filepath.Join(opts.Dir, "password"))
	if err != nil {
		t.Fatal(err)
	}
	if fi.Mode().Perm() != 0o600 {
		t.Errorf("the password's file has mode %v", fi.Mode())
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	query(t, good.String(), "SELECT 1")
}

func TestLostPasswordFileIsMadeAnew(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	s := startOnFreePort(t, &opts)
	stop(t, s)
	if err := os.Remove(filepath.Join(opts.Dir, "password")); err != nil {
		t.Fatal(err)
	}
	query(t, start(t, opts).URL("postgres"), "SELECT 1")
}

// startOnFreePort takes a port that is free now; another process may be quicker, so it tries more than once.
func startOnFreePort(t *testing.T, opts *pgserver.Options) *pgserver.Server {
	t.Helper()
	for attempt := 0; ; attempt++ {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		opts.Port = l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		s, err := pgserver.Start(t.Context(), *opts)
		if err == nil {
			t.Cleanup(func() { stop(t, s) })
			return s
		}
		if attempt == 4 {
			t.Fatal(err)
		}
	}
}

func TestTakenPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	opts := options(folder(t))
	opts.Port = l.Addr().(*net.TCPAddr).Port
	_, err = pgserver.Start(t.Context(), opts)
	wantError(t, err, "is taken", "choose another port")
}

func TestOneProcessForAFolder(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	start(t, opts)
	_, err := pgserver.Start(t.Context(), opts)
	wantError(t, err, opts.Dir, "stop that one, or use another folder")
	if !errors.Is(err, pgserver.ErrInUse) {
		t.Errorf("%v is not ErrInUse", err)
	}
	if err := pgserver.Remove(t.Context(), opts.Dir); !errors.Is(err, pgserver.ErrInUse) {
		t.Errorf("removing gives %v", err)
	}
}

func TestLastUserStopsASharedServer(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	opts.Durable, opts.Shared = false, true
	first, second := start(t, opts), start(t, opts)
	stop(t, first)
	query(t, second.URL("postgres"), "SELECT 1")
	if err := second.Restart(t.Context()); err == nil {
		t.Error("a shared server was restarted")
	}
	stop(t, second)
	if _, err := pgx.Connect(t.Context(), second.URL("postgres")); err == nil {
		t.Error("the server answers after the last Stop")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	durable := options(folder(t))
	quick := options(folder(t))
	quick.Durable = false
	for _, test := range []struct {
		opts  pgserver.Options
		fsync string
	}{{durable, "on"}, {quick, "off"}} {
		s := start(t, test.opts)
		if got := query(t, s.URL("postgres"), "SHOW fsync"); got != test.fsync {
			t.Errorf("durable %v: fsync %s", test.opts.Durable, got)
		}
		if got := query(t, s.URL("postgres"), "SHOW log_line_prefix"); got != pgserver.LogLinePrefix {
			t.Errorf("log_line_prefix %q", got)
		}
	}
}

func TestRemoveLeavesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, options(folder(t)))
	if err := s.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(s.DataDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data is still there: %v", err)
	}
	if err := s.Remove(t.Context()); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestLogIsNotEndless(t *testing.T) {
	t.Parallel()
	s := start(t, options(folder(t)))
	stop(t, s)
	if err := os.Truncate(s.LogPath(), 17<<20); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	fi, err := os.Stat(s.LogPath())
	if err != nil {
		t.Fatal(err)
	}
	if fi.Size() > 1<<20 {
		t.Errorf("the log still has %d bytes", fi.Size())
	}
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		opts pgserver.Options
		says string
	}{
		{pgserver.Options{}, "needs a folder"},
		{pgserver.Options{Dir: "x", Port: 65536}, "65536 is not a port"},
		{pgserver.Options{Dir: "x", Source: "docker"}, `LOCALDEV_POSTGRES is "docker"`},
	} {
		_, err := pgserver.Start(t.Context(), test.opts)
		wantError(t, err, test.says)
	}
}

func TestEndedContext(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond) // amid initdb
	defer cancel()
	_, err := pgserver.Start(ctx, opts)
	wantError(t, err, "context deadline exceeded")
	query(t, start(t, opts).URL("postgres"), "SELECT 1")
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	opts := options(serverFolder(t, filepath.Join(folder(t), strings.Repeat("long/", 30), "pg")))
	s := start(t, opts)
	query(t, s.URL("postgres"), "SELECT 1")
	if strings.HasPrefix(s.SocketDir(), opts.Dir) {
		t.Errorf("the socket is in %s", s.SocketDir())
	}
	if !strings.HasPrefix(s.DataDir(), opts.Dir) {
		t.Errorf("the data is in %s", s.DataDir())
	}
	if err := s.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(s.SocketDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's folder is still there: %v", err)
	}
}
