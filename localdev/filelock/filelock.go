// Package filelock locks a file (flock), so that the processes of this machine take turns:
//
//	lock, err := filelock.Wait(ctx, filepath.Join(dir, "start.lock"))
//	defer lock.Unlock()
//
// The system releases a lock when its process ends, so a crash leaves no lock behind. The package does not lock between
// machines: on a network file system flock may have no effect. It does not support Windows.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrLocked says that somebody else holds the lock: another process, or another Lock of this process.
var ErrLocked = errors.New("locked")

// pollEvery is short because most locks are held for a few milliseconds.
const pollEvery = 4 * time.Millisecond

// Wait takes an exclusive lock. It waits for the lock until ctx ends.
func Wait(ctx context.Context, path string) (*Lock, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		lock, err := Try(path, true)
		if !errors.Is(err, ErrLocked) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the process that holds %s: %w", path, context.Cause(ctx))
		case <-tick.C:
		}
	}
}
