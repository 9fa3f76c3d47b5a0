package pgserver

import (
	"fmt"
	"os"
	"path/filepath"
)

// CacheDir returns the folder for downloads and for the tests' databases; it may be deleted at any time. It is in the user's cache
// folder. For root it is in the system's cache folder, because the account that runs PostgreSQL cannot enter root's. If neither is
// writable, as for an account without a home, it is in /var/tmp.
func CacheDir() (string, error) {
	a, err := unprivileged()
	if err != nil {
		return "", err
	}
	if parent, err := cacheParent(a.isOther()); err == nil {
		dir := filepath.Join(parent, "roster")
		if makeDir(dir, a) == nil && writable(dir) {
			return dir, nil
		}
	}
	dir := filepath.Join("/var/tmp", fmt.Sprintf("roster-cache-%d", os.Geteuid()))
	return dir, makeDir(dir, a)
}

func writable(dir string) bool {
	f, err := os.CreateTemp(dir, "probe")
	if err != nil {
		return false
	}
	_ = f.Close()
	return os.Remove(f.Name()) == nil
}
