package pgserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// socketPathLimit is the length of the shortest sockaddr_un, macOS's, without the final NUL. Linux allows 107.
const socketPathLimit = 103

// layout says where a server's files are.
//
// As root, PostgreSQL's own files belong to an unprivileged account. Root must not follow links that this account may have placed. So root
// opens files only in its own folders, and the account gets one folder inside them, server.
type layout struct {
	dir      string // Options.Dir: the locks and the password
	base     string // has the log and the folder server; it is dir, or the fallback if the account cannot enter dir
	socket   string // folder of the Unix socket: base/server, or the fallback if that cannot hold a socket
	fallback string // the folder under /var/tmp that holds base or socket, or ""
}

func (h layout) server() string  { return filepath.Join(h.base, "server") }
func (h layout) data() string    { return filepath.Join(h.server(), "data") }
func (h layout) pidFile() string { return filepath.Join(h.data(), "postmaster.pid") }
func (h layout) log() string     { return filepath.Join(h.base, "log") }

// remove deletes all files. The folder with the locks is last.
func (h layout) remove() error {
	if h.fallback != "" {
		if err := os.RemoveAll(h.fallback); err != nil {
			return fmt.Errorf("removing the database server's files: %w", err)
		}
	}
	if err := os.RemoveAll(h.dir); err != nil {
		return fmt.Errorf("removing the database server's folder: %w", err)
	}
	return nil
}

// serverDirs lists the folders where the account's files may be.
func serverDirs(dir string) []string {
	dirs := []string{filepath.Join(dir, "server")}
	if name, err := readFallbackName(dir); err == nil && name != "" {
		dirs = append(dirs, filepath.Join(fallbackParent, name, "server"))
	}
	return dirs
}

// canHoldSocket reports whether a folder can hold the socket. Its path must be short. PostgreSQL and pgx split the setting at commas, and
// PostgreSQL also interprets quotes.
func canHoldSocket(dir string) bool {
	return len(filepath.Join(dir, ".s.PGSQL.65535")) <= socketPathLimit && !strings.ContainsAny(dir, `,"`)
}

// findLayout decides where the files go and creates the folders.
func findLayout(dir string, a account) (layout, error) {
	h := layout{dir: dir, base: dir}
	if err := h.chooseFallback(a); err != nil {
		return h, err
	}
	if err := makeServerDir(h.server(), a); err != nil {
		return h, err
	}
	if h.socket == h.server() {
		return h, nil
	}
	return h, makeServerDir(h.socket, a)
}

// chooseFallback uses the fallback folder for the files that cannot be in dir.
func (h *layout) chooseFallback(a account) error {
	closed := !a.canEnter(h.dir)
	h.socket = h.server()
	if !closed && canHoldSocket(h.socket) {
		return nil
	}
	fallback, err := fallbackDir(h.dir, a)
	if err != nil {
		return err
	}
	h.fallback = fallback
	if closed {
		h.base = fallback
	}
	h.socket = filepath.Join(fallback, "server")
	return nil
}

// makeDir creates a folder that belongs to the caller and is closed to others. An unprivileged account may pass through to its own
// folder. An existing folder is used as it is, unless another user owns it.
func makeDir(path string, a account) error {
	mode := os.FileMode(0o700)
	if a.isOther() {
		mode = 0o711
	}
	if err := os.MkdirAll(path, mode); err != nil {
		return fmt.Errorf("making the database server's folder: %w", err)
	}
	return checkOwner(path, os.Geteuid())
}

// makeServerDir creates the account's folder, closed to everybody else.
func makeServerDir(path string, a account) error {
	err := os.Mkdir(path, 0o700)
	if err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("making PostgreSQL's folder: %w", err)
	}
	// An earlier process may have been killed between the two steps, or root has copied a folder.
	if err == nil || ownedBy(path, os.Geteuid()) {
		if err := a.chownAll(path); err != nil {
			return fmt.Errorf("giving PostgreSQL its folder: %w", err)
		}
	}
	return checkOwner(path, a.uid())
}

// chownAll gives the account a folder of the caller's and everything in it. The folder is last, so that a run that was killed is done
// again. It follows no link, and nobody but the caller can have put one there: the folder is closed to all others.
func (a account) chownAll(dir string) error {
	if !a.isOther() {
		return nil
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		return a.chown(path)
	})
	return errors.Join(err, a.chown(dir))
}

// checkOwner refuses a folder of another account. Its data is left as it is: it may be a copy that another account has made.
func checkOwner(path string, uid int) error {
	if ownedBy(path, uid) {
		return nil
	}
	fi, err := os.Lstat(path)
	if err == nil && fi.IsDir() {
		return fmt.Errorf("%s belongs to another account than user %d, which uses it. If it is a copy, give it to that account with: sudo chown -R %d %s; "+
			"otherwise use another folder", path, uid, uid, shellQuoted(path))
	}
	return fmt.Errorf("%s is not a folder of the account that uses it (user %d): move it aside or use another folder", path, uid)
}

func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// writeFile replaces a private file atomically.
func writeFile(path, content string) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, []byte(content), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
