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
	// spareFile, in the folder that is stood in for, holds the spare's name; ownerFile, in the spare, that folder's path.
	fallbackNameFile = "spare"
	ownerFile = "for"
	// fallbackGracePeriod is how long a spare stays whose folder is gone. The folder may come back, as on a disk that was unplugged.
	fallbackGracePeriod = 24 * time.Hour
)

var fallbackName = regexp.MustCompile(`^roster-[a-z0-9]{26}$`)

// fallbackDir returns the short and open path that stands in for dir, made when absent. Its random name is kept in dir: nobody can
// take the name first, and a removed dir begins anew, as everywhere.
func fallbackDir(dir string, a account) (string, error) {
	name, err := readFallbackName(dir)
	if err != nil {
		return "", fmt.Errorf("finding the database server's spare folder: %w", err)
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

// readFallbackName returns the name of the spare that stands in for dir, or "".
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

// removeOrphanedFallbacks removes the spares of ours whose folder is gone: nothing else would, because removing the folder is how to begin
// anew. One that is in use, or that it cannot remove, it leaves.
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
