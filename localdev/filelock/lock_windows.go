package filelock

import "errors"

// Lock is never held on Windows.
type Lock struct{}

// Try always fails.
func Try(string, bool) (*Lock, error) {
	return nil, errors.New("locks between processes are not supported on Windows: use WSL")
}

// TryUpgrade always fails.
func (l *Lock) TryUpgrade() bool { return false }

// Unlock does nothing.
func (l *Lock) Unlock() {}
