//go:build unix

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

var errLocked = errors.New("locked")

// fileLock is a lock between processes (flock). The system ends it with the process, so a crash leaves none behind.
type fileLock struct {
	file *os.File
}

// tryLock takes a lock, exclusive or shared with others who want it shared, or returns errLocked.
func tryLock(path string, exclusive bool) (*fileLock, error) {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		f, err := openFile(path, os.O_RDWR)
		if err != nil {
			return nil, err
		}
		err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if err == nil && current(f, path) {
			return &fileLock{f}, nil
		}
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
	}
}

// current reports whether path still is this file. Its holder may have removed the folder between our opening and locking.
func current(f *os.File, path string) bool {
	a, err1 := f.Stat()
	b, err2 := os.Lstat(path)
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}

// waitLock takes a lock for this process alone, and waits for it until ctx ends.
func waitLock(ctx context.Context, path string) (lock *fileLock, err error) {
	waited := poll(ctx, func() bool {
		lock, err = tryLock(path, true)
		return !errors.Is(err, errLocked)
	})
	if waited != nil {
		return nil, fmt.Errorf("waiting for the process that holds %s: %w", path, waited)
	}
	return lock, err
}

// exclusive tries to make a shared lock exclusive. When it cannot, the lock may be gone: only for those who are leaving.
func (l *fileLock) exclusive() bool {
	return syscall.Flock(int(l.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// unlock ends the lock itself: closing would leave it to a child process that is just being started, for a moment.
func (l *fileLock) unlock() {
	_ = syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN)
	_ = l.file.Close()
}
