package user

import (
	"context"
	"time"
)

// Tidier removes what has had its time.
type Tidier interface {
	// Tidy removes at most so many rows of each kind: budgets whose window
	// ended before windows, budgets of tries in a row that nobody touched since
	// rows and that are not used up, and reset tokens and sessions that ended before now.
	Tidy(ctx context.Context, windows, rows, now time.Time, most int) (Tidied, error)
}

// Tidied is how many were removed.
type Tidied struct {
	Limits   int `json:"limits"`
	Resets   int `json:"resets"`
	Sessions int `json:"sessions"`
}

// What is kept, and how much is removed in one go and in one run. A password
// that is disabled stays so: forgetting that would give an attacker new tries.
const (
	keepWindows = 24 * time.Hour
	keepRows    = 90 * 24 * time.Hour
	tidyBatch   = 2000
	tidyBatches = 100
)

// Tidy removes what has had its time, in batches, so that no request waits
// long for one. What is left after a day's work, the next day removes. The audit
// log is left alone: it is kept until the operator says otherwise.
func Tidy(ctx context.Context, db Tidier, now time.Time) (all Tidied, err error) {
	for range tidyBatches {
		one, err := db.Tidy(ctx, now.Add(-keepWindows), now.Add(-keepRows), now, tidyBatch)
		all.Limits, all.Resets, all.Sessions = all.Limits+one.Limits, all.Resets+one.Resets, all.Sessions+one.Sessions
		if err != nil || max(one.Limits, one.Resets, one.Sessions) < tidyBatch {
			return all, err
		}
	}
	return all, nil
}
