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
	spareParent = "/var/tmp"
	// spareFile, in the folder that is stood in for, holds the spare's name; ownerFile, in the spare, that folder's path.
	spareFile = "spare"
	ownerFile = "for"
	// spareKept is how long a spare stays whose folder is gone. The folder may come back, as on a disk that was unplugged.
	spareKept = 24 * time.Hour
)

var spareName = regexp.MustCompile(`^roster-[a-z0-9]{26}$`)

// spareDir returns the short and open path that stands in for dir, made when absent. Its random name is kept in dir: nobody can
// take the name first, and a removed dir begins anew, as everywhere.
func spareDir(dir string, a account) (string, error) {
	name, err := readSpareName(dir)
	if err != nil {
		return "", fmt.Errorf("finding the database server's spare folder: %w", err)
	}
	if name == "" {
		clearSpares(time.Now())
		name = "roster-" + strings.ToLower(rand.Text())
		if err := writeFile(filepath.Join(dir, spareFile), name); err != nil {
			return "", err
		}
	}
	path := filepath.Join(spareParent, name)
	if err := makeDir(path, a); err != nil {
		return "", err
	}
	return path, writeFile(filepath.Join(path, ownerFile), dir)
}

// readSpareName returns the name of the spare that stands in for dir, or "".
func readSpareName(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, spareFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if !spareName.Match(b) {
		return "", nil
	}
	return string(b), nil
}

// clearSpares removes the spares of ours whose folder is gone: nothing else would, because removing the folder is how to begin
// anew. One that is in use, or that it cannot remove, it leaves.
func clearSpares(now time.Time) {
	entries, _ := os.ReadDir(spareParent)
	for _, e := range entries {
		path := filepath.Join(spareParent, e.Name())
		if spareName.MatchString(e.Name()) && ownedBy(path, os.Geteuid()) && forsaken(path, now) {
			_ = os.RemoveAll(path)
		}
	}
}

func forsaken(path string, now time.Time) bool {
	owner := filepath.Join(path, ownerFile)
	dir, err := os.ReadFile(owner)
	if err != nil {
		return false
	}
	if name, err := readSpareName(string(dir)); err != nil || name == filepath.Base(path) {
		return false
	}
	fi, err := os.Lstat(owner) // written at each start
	if err != nil || now.Sub(fi.ModTime()) < spareKept {
		return false
	}
	s := Server{home: home{base: path}}
	_, running := s.running()
	return !running
}
