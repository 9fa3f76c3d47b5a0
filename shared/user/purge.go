package user

import (
	"context"
	"time"
)

// Purger deletes expired rows.
type Purger interface {
	// PurgeExpired deletes at most that many rows of each kind: budgets whose
	// window ended before windows, budgets of consecutive attempts that nobody
	// touched since rows and that are not used up, and reset tokens and
	// sessions that ended before now.
	PurgeExpired(ctx context.Context, windows, rows, now time.Time, most int) (Purged, error)
}

// Purged is how many rows were deleted.
type Purged struct {
	Limits   int `json:"limits"`
	Resets   int `json:"resets"`
	Sessions int `json:"sessions"`
}

// How long budgets are kept, and how much is deleted in one batch and in one
// run. A password that is disabled stays so: to forget that would give an
// attacker new attempts.
const (
	keepWindows     = 24 * time.Hour
	keepConsecutive = 90 * 24 * time.Hour
	purgeBatch      = 2000
	purgeBatches    = 100
)

// PurgeExpired deletes expired rows in batches, so that no request waits long
// for one. What a run leaves, the next day's run deletes. The audit log is left
// alone: it is kept until the operator says otherwise.
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
