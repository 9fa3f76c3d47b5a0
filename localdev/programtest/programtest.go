// Package programtest helps tests that run the real programs: it builds them, reads what they write while they run, and waits
// for what another process does.
//
//	cmd := exec.Command(programtest.Program(t, "localdev"), "-h")
//
// The programs of a checkout are built into one folder of the user's cache, for all test processes and all runs. The go command
// makes anew what is out of date there, so a test gets the sources as they are, and links only what has changed.
//
// It refuses to serve anything but tests.
package programtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"roster/localdev/filelock"
	"roster/localdev/pgserver"
	"roster/localdev/runtimeapi"
)

// Functions returns the folder that holds each function under the name of its folder, built as for Lambda but for this machine.
func Functions(t testing.TB) string {
	t.Helper()
	return built(t, "functions/...")
}

// Program returns the path of the program of a main package, given by its folder in the repository, such as "localdev".
func Program(t testing.TB, folder string) string {
	t.Helper()
	return filepath.Join(built(t, folder), path.Base(folder))
}

// builds are this process's, by folder: it asks the go command once for each.
var builds sync.Map

func built(t testing.TB, folder string) (dir string) {
	t.Helper()
	once, _ := builds.LoadOrStore(folder, sync.OnceValues(func() (string, error) { return build(folder) }))
	dir, err := once.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// buildTime bounds a build of everything from nothing, on a busy machine, and the wait for one by another process.
const buildTime = 10 * time.Minute

func build(folder string) (dir string, err error) {
	root, err := repository()
	if err != nil {
		return "", err
	}
	parent, err := parentOf(root)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), buildTime)
	defer cancel()
	lock, err := filelock.Wait(ctx, filepath.Join(parent, "lock"))
	if err != nil {
		return "", err
	}
	defer lock.Unlock()
	dir = filepath.Join(parent, filepath.FromSlash(strings.TrimSuffix(folder, "/...")))
	return dir, runtimeapi.Build(ctx, []string{filepath.Join(root, filepath.FromSlash(folder))}, dir)
}

// repository returns the folder with go.mod at or above the test's own, in which go test runs it.
func repository() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("there is no go.mod at or above %s", start)
		}
	}
}

// unused is after how long the programs of a checkout are removed, for it may be gone itself.
const unused = 14 * 24 * time.Hour

// parentOf makes the folder for what is built of a checkout, and removes those of checkouts that nobody has tested for long. Other
// accounts may run what is in it.
func parentOf(root string) (string, error) {
	cache, err := pgserver.CacheDir()
	if err != nil {
		return "", err
	}
	all := filepath.Join(cache, "programs")
	sum := sha256.Sum256([]byte(root))
	dir := filepath.Join(all, hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	now := time.Now()
	if err := os.Chtimes(dir, now, now); err != nil {
		return "", err
	}
	return dir, removeUnused(all, now)
}

func removeUnused(parent string, now time.Time) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && now.Sub(fi.ModTime()) > unused {
			if err := os.RemoveAll(filepath.Join(parent, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
