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

// maxPrivateServerAge is the age from which an unused private server is removed, because its test was probably killed. A test may stop its
// server for a while, but go test ends it after 10 minutes.
const maxPrivateServerAge = 15 * time.Minute

// Server starts a server for this test only, on a TCP port. It is for tests that stop and restart PostgreSQL. The server has only the
// database postgres and no schema. It starts in about a second and is removed when the test ends. The settings are PostgreSQL's, such
// as max_connections=100.
func Server(t testing.TB, settings ...string) *pgserver.Server {
	t.Helper()
	ctx, cancel := withTimeout()
	defer cancel()
	sweepPrivate(ctx)
	parent, err := stateDir("private")
	if err != nil {
		t.Fatal(err)
	}
	opts := pgserver.Options{
		Dir: filepath.Join(parent, strings.ToLower(rand.Text()[:12])), Source: source(), Settings: settings, Progress: os.Stderr,
	}
	var s *pgserver.Server
	for range 5 { // another process may take the port first
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

// sweepPrivate removes the private servers of killed tests. It ignores errors, which are no reason to fail a test.
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
