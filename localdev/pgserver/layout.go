package pgserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// socketPathLimit is what the shortest sockaddr_un takes, macOS's, less the final NUL (Linux: 107).
const socketPathLimit = 103

// layout is where a server's files lie.
//
// As root, PostgreSQL's own files belong to an unprivileged account, and root must not be led astray by what that account may
// have put there. So root opens files only in folders of its own; the account gets one folder, server, inside.
type layout struct {
	dir    string // Options.Dir: the locks and the password
	base   string // the log, and server: dir, unless the account cannot enter that
	socket string // folder of the Unix socket: base/server, unless that cannot hold one
	fallback  string // the folder under /var/tmp that base or socket are in, or ""
}

func (h layout) server() string  { return filepath.Join(h.base, "server") }
func (h layout) data() string    { return filepath.Join(h.server(), "data") }
func (h layout) pidFile() string { return filepath.Join(h.data(), "postmaster.pid") }
func (h layout) log() string     { return filepath.Join(h.base, "log") }

// remove deletes all of it; the locks last, with the folder.
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

// serverDirs lists where the account's folder can be.
func serverDirs(dir string) []string {
	dirs := []string{filepath.Join(dir, "server")}
	if name, err := readFallbackName(dir); err == nil && name != "" {
		dirs = append(dirs, filepath.Join(fallbackParent, name, "server"))
	}
	return dirs
}

// canHoldSocket reports whether a folder can hold the socket. PostgreSQL and pgx take a comma for the end of one folder's name,
// and PostgreSQL a quote for the beginning of one.
func canHoldSocket(dir string) bool {
	return len(filepath.Join(dir, ".s.PGSQL.65535")) <= socketPathLimit && !strings.ContainsAny(dir, `,"`)
}

// findLayout finds the places for a server's files and makes the folders.
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

// chooseFallback decides which of the places must be the spare folder.
func (h *layout) chooseFallback(a account) error {
	closed := !a.canEnter(h.dir)
	h.socket = h.server()
	if !closed && canHoldSocket(h.socket) {
		return nil
	}
	spare, err := fallbackDir(h.dir, a)
	if err != nil {
		return err
	}
	h.fallback = spare
	if closed {
		h.base = spare
	}
	h.socket = filepath.Join(spare, "server")
	return nil
}

// makeDir makes a folder of the caller's own: closed to others, save that an unprivileged account may pass through to its part.
// One that is there already is taken as it is, unless it is a stranger's.
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

// makeServerDir makes the folder that belongs to the account, closed to all others.
func makeServerDir(path string, a account) error {
	err := os.Mkdir(path, 0o700)
	if err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("making PostgreSQL's folder: %w", err)
	}
	if err == nil || ownedBy(path, os.Geteuid()) { // a kill may have come between the two steps
		if err := a.chown(path); err != nil {
			return fmt.Errorf("giving PostgreSQL its folder: %w", err)
		}
	}
	return checkOwner(path, a.uid())
}

func checkOwner(path string, uid int) error {
	if !ownedBy(path, uid) {
		return fmt.Errorf("%s is not a folder of the account that would use it (user %d): remove it or use another folder", path, uid)
	}
	return nil
}

// writeFile replaces a private file as a whole.
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
