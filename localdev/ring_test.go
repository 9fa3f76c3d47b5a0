package main

import (
	"os"
	"path/filepath"
	"testing"

	"roster/shared/keyring"
)

// The keys outlive a restart, are made once, and only where nobody gave any.
func TestLocaldevHasARing(t *testing.T) {
	t.Parallel()
	o := options{data: filepath.Join(t.TempDir(), "data")}
	load := func(given map[string]string) string {
		t.Helper()
		s, err := loadSettings(o, func(name string) (string, bool) { v, set := given[name]; return v, set }, "127.0.0.1:3000")
		if err != nil {
			t.Fatal(err)
		}
		return s.values["JWT_KEYS"]
	}
	first := load(nil)
	r, err := keyring.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	if k, ok := r.Current(); !ok || k.Algorithm != keyring.ES256 || k.Private() == nil {
		t.Errorf("the ring is %v", r)
	}
	if again := load(nil); again != first {
		t.Error("a restart makes other keys")
	}
	if got := load(map[string]string{"JWT_SECRET_KEY": "0123456789abcdefghijklmnopqrstuv"}); got != "" {
		t.Errorf("beside a secret there is the ring %s", got)
	}
	if got := load(map[string]string{"JWT_KEYS": "given"}); got != "given" {
		t.Errorf("the given ring is %s", got)
	}
	info, err := os.Stat(filepath.Join(o.data, "jwt_keys.json"))
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the keys: %v, %v", info.Mode(), err)
	}
}
