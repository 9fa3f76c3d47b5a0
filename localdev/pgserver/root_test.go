//go:build unix

package pgserver_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"roster/localdev/pgserver"
)

// As root the server runs under another account, which must find a way to its files; as a plain user there is none of this.
func TestTheServersAccountReachesItsFolder(t *testing.T) {
	t.Parallel()
	parent := folder(t)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	opts := options(serverFolder(t, filepath.Join(parent, "pg")))
	s := start(t, opts)
	query(t, s.URL("postgres"), "CREATE TABLE kept (n int)")
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	query(t, s.URL("postgres"), "SELECT * FROM kept")
	for _, dir := range []string{s.DataDir(), s.SocketDir()} {
		if stat(t, dir).Sys().(*syscall.Stat_t).Uid == 0 {
			t.Errorf("%s belongs to root", dir)
		}
	}
	if os.Geteuid() != 0 {
		if !strings.HasPrefix(s.DataDir(), opts.Dir) {
			t.Errorf("the data is in %s", s.DataDir())
		}
		return
	}
	if !strings.HasPrefix(s.DataDir(), "/var/tmp/roster-") {
		t.Errorf("the data is in %s", s.DataDir())
	}
	if err := s.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Dir(s.LogPath())); err == nil {
		t.Error("the fallback folder is still there")
	}
}

// A folder that somebody else has put in the way is refused, and so is a link.
func TestAFolderInTheWayIsRefused(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := os.Mkdir(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	target := t.TempDir()
	if err := os.Symlink(target, filepath.Join(dir, "server")); err != nil {
		t.Fatal(err)
	}
	_, err := pgserver.Start(t.Context(), options(dir))
	wantError(t, err, "is not a folder of the account")
	if err := os.Remove(filepath.Join(dir, "server")); err != nil {
		t.Fatal(err)
	}
}

// A long path moves the socket alone to a fallback folder, which goes a day after the long one.
func TestALongPathMovesTheSocket(t *testing.T) {
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
	stop(t, s)

	fallback, tomorrow := filepath.Dir(s.SocketDir()), time.Now().Add(25*time.Hour)
	if pgserver.IsOrphaned(fallback, tomorrow) {
		t.Error("forsaken while the folder is there")
	}
	rename(t, opts.Dir, opts.Dir+".gone")
	if pgserver.IsOrphaned(fallback, time.Now().Add(23*time.Hour)) {
		t.Error("forsaken before its time")
	}
	if !pgserver.IsOrphaned(fallback, tomorrow) {
		t.Error("not forsaken after a day")
	}
	rename(t, opts.Dir+".gone", opts.Dir)
	if err := s.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(fallback); err == nil {
		t.Error("the fallback folder is still there")
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// A folder that root has copied, or unpacked, has files of root's. The server's account gets them.
func TestACopyThatRootMadeIsUsed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server under another account")
	}
	parent := filepath.Dir(folder(t))
	first := options(serverFolder(t, filepath.Join(parent, "first")))
	s := start(t, first)
	query(t, s.URL("postgres"), "CREATE TABLE kept (n int)")
	stop(t, s)
	copied := options(serverFolder(t, filepath.Join(parent, "copied")))
	if err := os.CopyFS(copied.Dir, os.DirFS(first.Dir)); err != nil {
		t.Fatal(err)
	}
	if err := filepath.Walk(copied.Dir, func(path string, fi os.FileInfo, err error) error {
		if err == nil && fi.IsDir() && path != copied.Dir { // CopyFS makes folders that others may read
			err = os.Chmod(path, 0o700)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(copied.Dir, 0o711); err != nil {
		t.Fatal(err)
	}
	copied.Durable = true // data that is not durable would be replaced
	s = start(t, copied)
	query(t, s.URL("postgres"), "SELECT * FROM kept")
	stop(t, s)
}
