// Package filelock keeps processes of this machine apart, by a lock on a file (flock):
//
//	lock, err := filelock.Wait(ctx, filepath.Join(dir, "start.lock"))
//	defer lock.Unlock()
//
// The system ends a lock with the process that holds it, so a crash leaves none behind. The package refuses to lock between
// machines: on a network's file system such a lock may mean nothing. It does not run on Windows.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrLocked says that another process, or another lock of this one, is in the way.
var ErrLocked = errors.New("locked")

// pollEvery is short because most locks are held for some milliseconds.
const pollEvery = 4 * time.Millisecond

// Wait takes a lock for the caller alone, and waits for it until ctx ends.
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
