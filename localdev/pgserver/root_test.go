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
func TestFolderClosedToTheAccount(t *testing.T) {
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
		t.Error("the spare folder is still there")
	}
}

func TestServerDoesNotRunAsRoot(t *testing.T) {
	t.Parallel()
	s := start(t, options(folder(t)))
	for _, path := range []string{s.DataDir(), s.SocketDir()} {
		fi, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if uid := fi.Sys().(*syscall.Stat_t).Uid; uid == 0 {
			t.Errorf("%s belongs to root", path)
		}
		if fi.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %v", path, fi.Mode())
		}
	}
}

// A folder that somebody else has put in the way is refused, and so is a link.
func TestFolderInTheWay(t *testing.T) {
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

// A folder that was removed by hand leaves its spare behind, for a day.
func TestForsakenSpare(t *testing.T) {
	t.Parallel()
	dir := serverFolder(t, filepath.Join(folder(t), strings.Repeat("long/", 30)))
	s := start(t, options(dir))
	spare := filepath.Dir(s.SocketDir())
	tomorrow := time.Now().Add(25 * time.Hour)
	if pgserver.Forsaken(spare, tomorrow) {
		t.Error("while in use")
	}
	stop(t, s)
	if pgserver.Forsaken(spare, tomorrow) {
		t.Error("while its folder is there")
	}
	if err := os.Rename(dir, dir+".gone"); err != nil {
		t.Fatal(err)
	}
	if pgserver.Forsaken(spare, time.Now().Add(23*time.Hour)) {
		t.Error("before its time")
	}
	if !pgserver.Forsaken(spare, tomorrow) {
		t.Error("not after a day")
	}
	if err := os.Rename(dir+".gone", dir); err != nil {
		t.Fatal(err)
	}
}
