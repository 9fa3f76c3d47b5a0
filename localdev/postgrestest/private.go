package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster/localdev/pgserver"
)

// maxPrivateServerAge is the age from which a private server that no process uses is taken for a killed test's. A test may stop its own for
// a while, but lives no longer than go test lets it (10 minutes).
const maxPrivateServerAge = 15 * time.Minute

// Server starts a server for this test alone, on a TCP port, for tests that stop and restart PostgreSQL (Stop, Restart). It has
// no database but postgres, and no schema. It is removed when the test is over. Starting takes about a second.
func Server(t testing.TB) *pgserver.Server {
	t.Helper()
	ctx, cancel := withTimeout()
	defer cancel()
	sweepPrivate(ctx)
	parent, err := stateDir("private")
	if err != nil {
		t.Fatal(err)
	}
	opts := pgserver.Options{Dir: filepath.Join(parent, strings.ToLower(rand.Text()[:12])), Source: source(), Progress: os.Stderr}
	var s *pgserver.Server
	for range 5 { // another process may be quicker to take the port
		if opts.Port, err = freePort(); err != nil {
			t.Fatal(err)
		}
		if s, err = pgserver.Start(ctx, opts); !errors.Is(err, pgserver.ErrPortTaken) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	trackServer(s)
	t.Cleanup(func() {
		untrackServer(s)
		ctx, cancel := withTimeout()
		defer cancel()
		if err := s.Remove(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// sweepPrivate removes the private servers of killed tests. What it cannot remove, it leaves: that is no reason to fail a test.
func sweepPrivate(ctx context.Context) {
	parent, err := stateDir("private")
	if err != nil {
		return
	}
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && time.Since(fi.ModTime()) > maxPrivateServerAge {
			_ = pgserver.Remove(ctx, filepath.Join(parent, e.Name()))
		}
	}
}
