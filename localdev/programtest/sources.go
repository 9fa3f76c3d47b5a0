package programtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// WatchSources makes go test notice changes of the sources. go test runs a test again only when its own program has changed or a file
// that it has read. It does not see what the go command reads for it, so without this call it would take an old result from its cache.
// Functions and Program make this call; a test that runs the go command itself makes it, too.
func WatchSources(t testing.TB) {
	t.Helper()
	if err := watchOnce(); err != nil {
		t.Fatal(err)
	}
}

var watchOnce = sync.OnceValue(func() error {
	root, err := repository()
	if err != nil {
		return err
	}
	for _, pattern := range []string{"*.go", "go.*", "*.yaml"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return err
		}
		for _, file := range files {
			if _, err := os.Stat(file); err != nil {
				return err
			}
		}
	}
	// A folder that was read has changed when the time or the size of an entry has.
	for _, folder := range []string{"cmd", "functions", "localdev", "shared"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(_ string, _ fs.DirEntry, err error) error { return err })
		if err != nil {
			return err
		}
	}
	return nil
})
