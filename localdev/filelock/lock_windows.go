package filelock

import "errors"

// Lock is a lock that is held; there is none on Windows.
type Lock struct{}

// Try refuses.
func Try(string, bool) (*Lock, error) {
	return nil, errors.New("locks between processes are not written for Windows: use WSL")
}

// Exclusive refuses.
func (l *Lock) Exclusive() bool { return false }

// Unlock does nothing.
func (l *Lock) Unlock() {}
