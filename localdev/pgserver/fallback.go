package pgserver

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	fallbackParent = "/var/tmp"
	// fallbackNameFile, in the original folder, holds the fallback's name. ownerFile, in the fallback, holds the original's path.
	fallbackNameFile = "spare"
	ownerFile        = "for"
	// fallbackGracePeriod is how long a fallback is kept after its original is gone. The original may be on an unplugged disk.
	fallbackGracePeriod = 24 * time.Hour
)

var fallbackName = regexp.MustCompile(`^roster-[a-z0-9]{26}$`)

// fallbackDir returns a short path that every account can reach, used instead of dir, and creates it. Its random name is stored in dir. So
// nobody can create it first, and after dir is removed the next start uses a new one.
func fallbackDir(dir string, a account) (string, error) {
	name, err := readFallbackName(dir)
	if err != nil {
		return "", fmt.Errorf("finding the database server's fallback folder: %w", err)
	}
	if name == "" {
		removeOrphanedFallbacks(time.Now())
		name = "roster-" + strings.ToLower(rand.Text())
		if err := writeFile(filepath.Join(dir, fallbackNameFile), name); err != nil {
			return "", err
		}
	}
	path := filepath.Join(fallbackParent, name)
	if err := makeDir(path, a); err != nil {
		return "", err
	}
	return path, writeFile(filepath.Join(path, ownerFile), dir)
}

// readFallbackName returns the name of dir's fallback, or "".
func readFallbackName(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, fallbackNameFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if !fallbackName.Match(b) {
		return "", nil
	}
	return string(b), nil
}

// removeOrphanedFallbacks removes our fallbacks whose original folder is gone, because users remove only the original. It leaves fallbacks
// that are in use or cannot be removed.
func removeOrphanedFallbacks(now time.Time) {
	entries, _ := os.ReadDir(fallbackParent)
	for _, e := range entries {
		path := filepath.Join(fallbackParent, e.Name())
		if fallbackName.MatchString(e.Name()) && ownedBy(path, os.Geteuid()) && isOrphaned(path, now) {
			_ = os.RemoveAll(path)
		}
	}
}

func isOrphaned(path string, now time.Time) bool {
	owner := filepath.Join(path, ownerFile)
	dir, err := os.ReadFile(owner)
	if err != nil {
		return false
	}
	if name, err := readFallbackName(string(dir)); err != nil || name == filepath.Base(path) {
		return false
	}
	fi, err := os.Lstat(owner) // written at each start
	if err != nil || now.Sub(fi.ModTime()) < fallbackGracePeriod {
		return false
	}
	s := Server{layout: layout{base: path}}
	_, running := s.running()
	return !running
}
