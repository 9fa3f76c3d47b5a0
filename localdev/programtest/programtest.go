// Package programtest helps tests that run the real programs. It builds them, reads their output while they run, and waits for what
// another process does.
//
//	cmd := exec.Command(programtest.Program(t, "localdev"), "-h")
//
// The programs of a checkout are built into one folder in the user's cache, which all test processes share. The go command rebuilds
// what is out of date, so a test always runs the current sources. A change of them also
// makes go test run the test again; see WatchSources.
//
// It is for tests only.
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

// Functions returns a folder with the binary of each function, under the name of the function's folder. They are built as for Lambda,
// but for this machine.
func Functions(t testing.TB) string {
	t.Helper()
	return buildOnce(t, "functions/...")
}

// Binary returns a function that returns the path of a Lambda function's binary, and of
// bench/hello, for the benchmark.
func Binary(t testing.TB) func(folder string) string {
	t.Helper()
	functions, hello := Functions(t), Program(t, "bench/hello")
	return func(folder string) string {
		if folder == filepath.Base(hello) {
			return hello
		}
		return filepath.Join(functions, folder)
	}
}

// Program returns the path of a built program. The main package is named by its folder in the repository, such as "localdev".
func Program(t testing.TB, folder string) string {
	t.Helper()
	return filepath.Join(buildOnce(t, folder), path.Base(folder))
}

// builds remembers, by folder, what this process has built, so that it asks the go command once for each.
var builds sync.Map

func buildOnce(t testing.TB, folder string) (dir string) {
	t.Helper()
	WatchSources(t)
	once, _ := builds.LoadOrStore(folder, sync.OnceValues(func() (string, error) { return build(folder) }))
	dir, err := once.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// buildTimeout is for a build from scratch on a busy machine, after waiting for a build by another process.
const buildTimeout = 10 * time.Minute

func build(folder string) (dir string, err error) {
	root, err := repository()
	if err != nil {
		return "", err
	}
	parent, err := outputFolder(root)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	lock, err := filelock.Wait(ctx, filepath.Join(parent, "lock"))
	if err != nil {
		return "", err
	}
	defer lock.Unlock()
	dir = filepath.Join(parent, filepath.FromSlash(strings.TrimSuffix(folder, "/...")))
	return dir, runtimeapi.Build(ctx, []string{filepath.Join(root, filepath.FromSlash(folder))}, dir)
}

// repository returns the nearest folder with go.mod, at or above the working directory, which go test sets to the test's folder.
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

// maxUnusedAge is when the programs of a checkout are removed. The checkout itself may be gone by then.
const maxUnusedAge = 14 * 24 * time.Hour

// outputFolder creates the folder for the programs of a checkout, and removes the folders of checkouts that nobody has tested for
// a long time. Other accounts may run the programs.
func outputFolder(root string) (string, error) {
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
		if fi, err := e.Info(); err == nil && now.Sub(fi.ModTime()) > maxUnusedAge {
			if err := os.RemoveAll(filepath.Join(parent, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
