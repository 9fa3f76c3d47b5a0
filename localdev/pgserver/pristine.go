package pgserver

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// maxPristineAge is when a copy of an initdb that is not ours is removed, for its programs have probably been replaced.
const maxPristineAge = 14 * 24 * time.Hour

// copyPristine makes a data folder as initdb would, but from a copy that an earlier initdb of the same programs has left in the cache.
// That takes a fifth of the processor's time. It is for tests, whose servers are many and may be replaced; durable data comes from initdb
// itself, because all copies have one system identifier and nobody vouches for the cache. The account does the copying, so that root
// follows no link of the account's.
func (s *Server) copyPristine(ctx context.Context, bin binaries, to string) error {
	from, err := s.pristine(bin)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
		if err := s.makePristine(ctx, bin, from); err != nil {
			return err
		}
	}
	if out, err := s.account.output(ctx, "cp", "-R", "-p", from, to); err != nil {
		_ = os.RemoveAll(to)
		return fmt.Errorf("copying %s: %w: %s", from, err, out)
	}
	return nil
}

// pristine returns where the copy is, or will be. The name changes with the programs, their options and the account.
func (s *Server) pristine(bin binaries) (path string, err error) {
	parent, err := s.pristineParent()
	if err != nil {
		return "", err
	}
	if err := makeServerDir(parent, s.account); err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %v %q %d", bin.dir, bin.version, s.initdbOptions(), s.account.uid())
	for _, program := range []string{"initdb", "postgres"} {
		fi, err := os.Stat(bin.path(program))
		if err != nil {
			return "", err
		}
		fmt.Fprint(sum, " ", fi.Size(), fi.ModTime().UnixNano())
	}
	return filepath.Join(parent, hex.EncodeToString(sum.Sum(nil)[:8])), nil
}

func (s *Server) pristineParent() (string, error) {
	if s.opts.pristine != "" {
		return s.opts.pristine, nil
	}
	cache, err := CacheDir()
	return filepath.Join(cache, "initdb"), err
}

// makePristine runs initdb and gives its result the name when it is complete. Two processes may do so at once: the second one's is
// removed.
func (s *Server) makePristine(ctx context.Context, bin binaries, path string) error {
	removeOldPristine(filepath.Dir(path))
	tmp := path + ".tmp" + rand.Text()
	defer os.RemoveAll(tmp) // when it still has this name
	if err := s.initdb(ctx, bin, tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keeping a copy of a new database: %w", err)
	}
	return nil
}

// removeOldPristine also removes what a killed process has left. It ignores errors: a folder that stays only takes room.
func removeOldPristine(parent string) {
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && time.Since(fi.ModTime()) > maxPristineAge {
			_ = os.RemoveAll(filepath.Join(parent, e.Name()))
		}
	}
}

// forgetPristine removes the copies, because a server did not start with one. It renames each first, so that nobody copies half of it.
func (s *Server) forgetPristine() {
	parent, err := s.pristineParent()
	if err != nil {
		return
	}
	paths, _ := filepath.Glob(filepath.Join(parent, "*")) // the pattern is valid
	for _, path := range paths {
		gone := path + ".tmp" + rand.Text()
		if os.Rename(path, gone) == nil {
			_ = os.RemoveAll(gone)
		}
	}
}
