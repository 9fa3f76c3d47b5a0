package pgserver_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"roster/localdev/pgserver"
)

// mirror is a repository that has the same tiny archive for every platform.
type mirror struct {
	*httptest.Server
	archives  map[string]string
	downloads atomic.Int32
}

func newMirror(t *testing.T) *mirror {
	t.Helper()
	archive, err := os.ReadFile("testdata/tiny.txz")
	if err != nil {
		t.Fatal(err)
	}
	jar := jarOf(t, archive)
	m := &mirror{archives: make(map[string]string)}
	for name := range pgserver.Archives() {
		m.archives[name] = sum(archive)
	}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			_, _ = w.Write([]byte(sum(jar)))
			return
		}
		m.downloads.Add(1)
		_, _ = w.Write(jar)
	}))
	t.Cleanup(m.Close)
	return m
}

func jarOf(t *testing.T, archive []byte) []byte {
	t.Helper()
	var jar bytes.Buffer
	z := zip.NewWriter(&jar)
	w, err := z.Create("postgres-any.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(archive); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func TestDownloadOnceForAll(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	dir := filepath.Join(t.TempDir(), "postgresql")
	var progress bytes.Buffer
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			var own bytes.Buffer
			if err := pgserver.Fetch(t.Context(), dir, m.URL, m.archives, &own); err != nil {
				t.Errorf("download %d: %v", i, err)
			}
			if own.Len() > 0 {
				progress = own // one of them alone
			}
		})
	}
	all.Wait()
	if n := m.downloads.Load(); n != 1 {
		t.Errorf("%d downloads", n)
	}
	for _, part := range []string{"Downloading PostgreSQL 18", m.URL, dir, "Downloaded"} {
		if !strings.Contains(progress.String(), part) {
			t.Errorf("progress does not say %q: %s", part, &progress)
		}
	}
	for path, mode := range map[string]os.FileMode{"bin": 0o755, "bin/postgres": 0o755, "share/postgresql/postgres.bki": 0o644} {
		fi, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Error(err)
		} else if fi.Mode().Perm() != mode {
			t.Errorf("%s has mode %v", path, fi.Mode())
		}
	}
	wantAlone(t, dir)
}

// wantAlone checks that nothing but the binaries and the lock is left.
func wantAlone(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(dir) && e.Name() != filepath.Base(dir)+".lock" {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

func TestABadDownloadIsRefused(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	absent := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(absent.Close)
	const closed = "http://127.0.0.1:1" // a port of the tests' own could be taken by another of them
	garbage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x", time.Time{}, strings.NewReader("no jar"))
	}))
	t.Cleanup(garbage.Close)
	for name, test := range map[string]struct {
		repository string
		archives   map[string]string
		says       string
	}{
		"another archive": {m.URL, pgserver.Archives(), "is not the archive that it should be"},
		"no such archive": {absent.URL, m.archives, "no version found"},
		"no connection":   {closed, m.archives, "unable to connect to " + closed},
		"garbage":         {garbage.URL, m.archives, "checksums do not match"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "postgresql")
			err := pgserver.Fetch(t.Context(), dir, test.repository, test.archives, &bytes.Buffer{})
			wantError(t, err, test.says)
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("something was installed: %v", err)
			}
			wantAlone(t, dir)
		})
	}
}

func TestDownloadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(slow.Close)
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := pgserver.Fetch(ctx, filepath.Join(t.TempDir(), "postgresql"), slow.URL, nil, &bytes.Buffer{})
	wantError(t, err, "deadline exceeded")
}

func TestArchivesAreOfOneVersion(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(pgserver.Archives())) {
		if !strings.HasSuffix(name, "-18.3.0.txz") {
			t.Errorf("%s is of another version: bring the sums up to date with the library", name)
		}
	}
}
