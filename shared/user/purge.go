package user

import (
	"context"
	"time"
)

// Purger deletes expired rows.
type Purger interface {
	// PurgeExpired deletes up to limit rows of each kind: budgets whose window
	// ended before windows; budgets of consecutive attempts that are not used up
	// and were last used before consecutive; and reset tokens and sessions that
	// ended before now.
	PurgeExpired(ctx context.Context, windows, consecutive, now time.Time, limit int) (Purged, error)
}

// Purged is how many rows were deleted.
type Purged struct {
	Limits   int `json:"limits"`
	Resets   int `json:"resets"`
	Sessions int `json:"sessions"`
}

// How long budgets are kept, how many rows a batch deletes, and how many batches
// a run has. Used-up budgets of consecutive attempts are kept: deleting one would
// enable a disabled password and give an attacker new attempts.
const (
	keepWindows     = 24 * time.Hour
	keepConsecutive = 90 * 24 * time.Hour
	purgeBatch      = 2000
	purgeBatches    = 100
)

// PurgeExpired deletes expired rows in batches, so that no request waits long for
// a batch. The next daily run deletes what is left. The audit log is kept until
// the operator deletes it.
func PurgeExpired(ctx context.Context, db Purger, now time.Time) (all Purged, err error) {
	for range purgeBatches {
		one, err := db.PurgeExpired(ctx, now.Add(-keepWindows), now.Add(-keepConsecutive), now, purgeBatch)
		all.Limits, all.Resets, all.Sessions = all.Limits+one.Limits, all.Resets+one.Resets, all.Sessions+one.Sessions
		if err != nil || max(one.Limits, one.Resets, one.Sessions) < purgeBatch {
			return all, err
		}
	}
	return all, nil
}
