package pgserver_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/pgserver"
)

// starterVariable makes the test program a process that starts a server and then waits to be killed.
const starterVariable = "PGSERVER_TEST_START"

func TestMain(m *testing.M) {
	if dir := os.Getenv(starterVariable); dir != "" {
		starter(dir)
		return
	}
	os.Exit(run(m))
}

// run gives the tests a temporary folder of their own, because the download library leaves a file there each time.
func run(m *testing.M) int {
	tmp, err := os.MkdirTemp("", "pg")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o711); err != nil { // for the account that runs PostgreSQL
		fmt.Println(err)
		return 1
	}
	os.Setenv("TMPDIR", tmp)
	// A test waits for the disk and for other processes more than it computes. -parallel on the command line counts all the same.
	_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	return m.Run()
}

func starter(dir string) {
	if _, err := pgserver.Start(context.Background(), options(dir)); err != nil {
		fmt.Println("failed:", err)
		return
	}
	fmt.Println("started")
	_, _ = os.Stdin.Read(make([]byte, 1)) // until killed
}

// startElsewhere runs a starter for a folder and returns it with the first line that it printed, once that is there.
func startElsewhere(t *testing.T, dir string) (cmd *exec.Cmd, firstLine func() string) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), starterVariable+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil { // kept open, unused
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, func() string {
		var line string
		_, _ = fmt.Fscanln(out, &line)
		return line
	}
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // "signal: killed"
}

// options are for durable data and a socket only, with the binaries that the run asks for.
func options(dir string) pgserver.Options {
	return pgserver.Options{Dir: dir, Source: pgserver.Source(os.Getenv(pgserver.SourceVariable)), Durable: true}
}

// folder returns a folder for a server that an unprivileged account can reach, emptied of server and files in the end.
func folder(t *testing.T) string {
	t.Helper()
	parent := t.TempDir()
	if err := os.Chmod(filepath.Dir(parent), 0o711); err != nil {
		t.Fatal(err)
	}
	return serverFolder(t, filepath.Join(parent, "pg"))
}

func serverFolder(t *testing.T, dir string) string {
	t.Helper()
	t.Cleanup(func() {
		if err := pgserver.Remove(context.Background(), dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func start(t *testing.T, opts pgserver.Options) *pgserver.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // a download may come first
	defer cancel()
	s, err := pgserver.Start(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *pgserver.Server) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

// query runs statements and returns the first value of the last one as text.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	last := results[len(results)-1]
	if len(last.Rows) == 0 {
		return ""
	}
	return string(last.Rows[0][0])
}

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return fi
}

// wantError checks that an error says each of some things.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}
