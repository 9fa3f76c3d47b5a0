package pgserver_test

import (
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/pgserver"
)

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
		if attempt == 4 || !errors.Is(err, pgserver.ErrPortTaken) {
			t.Fatal(err)
		}
	}
}

// One server's days, one after the other, because each first start takes a second of somebody's processor.
func TestAServerKeepsItsDataAcrossStarts(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	copies := filepath.Join(filepath.Dir(opts.Dir), "copies")
	opts = opts.WithPristine(copies)
	began := time.Now()
	s := start(t, opts)
	t.Logf("first start: %v", time.Since(began))
	if _, err := os.Stat(copies); err == nil {
		t.Error("durable data is a copy")
	}
	address := s.URL("postgres")
	query(t, address, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")

	t.Run("socket only", func(t *testing.T) {
		if got := query(t, address, "SHOW listen_addresses"); got != "" {
			t.Errorf("listens on %q", got)
		}
	})
	t.Run("closed to others", func(t *testing.T) {
		for _, dir := range []string{s.DataDir(), s.SocketDir()} {
			if mode := stat(t, dir).Mode(); mode.Perm() != 0o700 {
				t.Errorf("%s has mode %v", dir, mode)
			}
		}
	})
	t.Run("settings", func(t *testing.T) {
		for setting, want := range map[string]string{"fsync": "on", "log_line_prefix": pgserver.LogLinePrefix} {
			if got := query(t, address, "SHOW "+setting); got != want {
				t.Errorf("%s is %q", setting, got)
			}
		}
	})
	t.Run("one process for a folder", func(t *testing.T) {
		_, err := pgserver.Start(t.Context(), opts)
		wantError(t, err, opts.Dir, "stop that one, or use another folder")
		if !errors.Is(err, pgserver.ErrInUse) {
			t.Errorf("%v is not ErrInUse", err)
		}
		if err := pgserver.Remove(t.Context(), opts.Dir); !errors.Is(err, pgserver.ErrInUse) {
			t.Errorf("removing gives %v", err)
		}
	})
	t.Run("stop", func(t *testing.T) {
		began := time.Now()
		stop(t, s)
		t.Logf("stop: %v", time.Since(began))
		if _, err := pgx.Connect(t.Context(), address); err == nil {
			t.Error("the server answers after Stop")
		}
		stop(t, s) // a second time is no error
	})
	t.Run("second start", func(t *testing.T) {
		began := time.Now()
		again := start(t, opts)
		t.Logf("second start: %v", time.Since(began))
		if got := query(t, again.URL("postgres"), "SELECT n FROM kept"); got != "42" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("restart, with a long log", func(t *testing.T) {
		if err := os.Truncate(s.LogPath(), 17<<20); err != nil {
			t.Fatal(err)
		}
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.URL("postgres") != address {
			t.Errorf("moved to %s", s.URL("postgres"))
		}
		query(t, address, "SELECT n FROM kept")
		if size := stat(t, s.LogPath()).Size(); size > 1<<20 {
			t.Errorf("the log still has %d bytes", size)
		}
	})
	t.Run("remove", func(t *testing.T) {
		if err := s.Remove(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(opts.Dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder is still there: %v", err)
		}
		if err := s.Remove(t.Context()); err != nil {
			t.Errorf("a second time: %v", err)
		}
	})
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
	file := filepath.Join(opts.Dir, "password")
	if mode := stat(t, file).Mode(); mode.Perm() != 0o600 {
		t.Errorf("the password's file has mode %v", mode)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	query(t, good.String(), "SELECT 1")

	// A lost file is made anew.
	stop(t, s)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	s = start(t, opts)
	query(t, s.URL("postgres"), "SELECT 1")
	if s.URL("postgres") == good.String() {
		t.Error("the same password again")
	}
}

func TestLastUserStopsASharedServer(t *testing.T) {
	t.Parallel()
	opts := options(folder(t))
	opts.Durable, opts.Shared = false, true
	first, second := start(t, opts), start(t, opts)
	stop(t, first)
	if got := query(t, second.URL("postgres"), "SHOW fsync"); got != "off" {
		t.Errorf("fsync is %s", got)
	}
	if err := second.Restart(t.Context()); err == nil {
		t.Error("a shared server was restarted")
	}
	stop(t, second)
	if _, err := pgx.Connect(t.Context(), second.URL("postgres")); err == nil {
		t.Error("the server answers after the last Stop")
	}
}

func TestATakenPortIsExplained(t *testing.T) {
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
	if !errors.Is(err, pgserver.ErrPortTaken) {
		t.Errorf("%v is not ErrPortTaken", err)
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
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

// A clone may be in a folder whose path has a space, and other characters that a URL has to encode.
func TestAPathWithSpaces(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"my projects", "it's \"a+b\", 100% ü&c=d?e#f"} {
		dir := filepath.Join(folder(t), name)
		s := start(t, options(dir))
		if got := query(t, s.URL("postgres"), "SELECT 1"); got != "1" {
			t.Errorf("%s: %s", name, got)
		}
		stop(t, s)
	}
}
