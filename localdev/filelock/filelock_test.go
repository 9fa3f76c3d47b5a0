//go:build unix

package filelock_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"roster/localdev/filelock"
)

func try(t *testing.T, path string, exclusive bool) *filelock.Lock {
	t.Helper()
	lock, err := filelock.Try(path, exclusive)
	if err != nil {
		t.Fatal(err)
	}
	return lock
}

func refuses(t *testing.T, path string, exclusive bool) {
	t.Helper()
	if lock, err := filelock.Try(path, exclusive); !errors.Is(err, filelock.ErrLocked) {
		t.Errorf("%v, %v, want %v", lock, err, filelock.ErrLocked)
	}
}

func TestAnExclusiveLockIsForOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	lock := try(t, path, true)
	refuses(t, path, true)
	refuses(t, path, false)
	lock.Unlock()
	try(t, path, true).Unlock()
}

func TestASharedLockIsForMany(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, second := try(t, path, false), try(t, path, false)
	refuses(t, path, true)
	if first.TryUpgrade() {
		t.Error("one of two made it exclusive")
	}
	first.Unlock()
	if !second.TryUpgrade() {
		t.Error("the last cannot make it exclusive")
	}
	refuses(t, path, false)
	second.Unlock()
}

func TestWaitEndsWithTheLockOrTheContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	lock := try(t, path, true)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := filelock.Wait(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another holds it: %v", err)
	}
	got := make(chan error, 1)
	go func() {
		waited, err := filelock.Wait(t.Context(), path)
		if err == nil {
			waited.Unlock()
		}
		got <- err
	}()
	lock.Unlock()
	if err := <-got; err != nil {
		t.Errorf("after it was given up: %v", err)
	}
}

// What a link leads to may be somebody else's.
func TestALinkIsNotFollowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "lock")); err != nil {
		t.Fatal(err)
	}
	if _, err := filelock.Try(filepath.Join(dir, "lock"), true); err == nil {
		t.Error("it was taken")
	}
	if _, err := os.Stat(filepath.Join(dir, "elsewhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file behind the link: %v", err)
	}
}
