//go:build unix

package filelock

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Lock is a lock that the caller holds.
type Lock struct {
	file *os.File
}

// Try takes a lock without waiting. A shared lock can be held by several at once. It returns ErrLocked if the lock is taken.
func Try(path string, exclusive bool) (*Lock, error) {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, fmt.Errorf("opening a lock: %w", err)
		}
		err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if err == nil && isCurrent(f, path) {
			return &Lock{f}, nil
		}
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
	}
}

// isCurrent reports whether path still is this file. Its last holder may have removed the folder after we opened the file.
func isCurrent(f *os.File, path string) bool {
	a, err1 := f.Stat()
	b, err2 := os.Lstat(path)
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}

// TryUpgrade tries to make a shared lock exclusive. If it fails, even the shared lock may be lost, so use it only before Unlock.
func (l *Lock) TryUpgrade() bool {
	return syscall.Flock(int(l.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// Unlock releases the lock explicitly. Closing the file is not enough: a child process that is just starting may still share it.
func (l *Lock) Unlock() {
	_ = syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN)
	_ = l.file.Close()
}
