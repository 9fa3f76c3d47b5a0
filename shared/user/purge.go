package user

import (
	"context"
	"errors"
	"time"
)

// Purger deletes expired rows, at most PurgeBatch of one kind at once. It looks at
// the rows in the order of a key, and begins after that key, or at the first row for "".
type Purger interface {
	PurgeLimits(ctx context.Context, kind CounterKind, before time.Time, after string) (PurgedBatch, error)
	PurgeResets(ctx context.Context, now time.Time, after string) (PurgedBatch, error)
	PurgeSessions(ctx context.Context, now time.Time, after string) (PurgedBatch, error)
	PurgeDevices(ctx context.Context, lastUsedBefore time.Time, after string) (PurgedBatch, error)
}

// PurgeBatch is how many rows are deleted at once. A batch takes milliseconds, so no
// request waits long for it.
const PurgeBatch = 100

// PurgedBatch is what one batch has deleted.
type PurgedBatch struct {
	Rows int
	Last string // the key of the last row, after which the next batch begins
}

// CounterKind is a kind of counter: how long it is kept depends on it.
type CounterKind int

// The kinds. A used-up counter of an account is kept as long as the account: without it
// the disabled password would work again, and an attacker would have new attempts.
const (
	WindowCounter   CounterKind = iota // attempts in a window
	FewAtName                          // five attempts in a row, or fewer, at a name that nobody has
	ManyAtName                         // more of them
	AtAccount                          // attempts in a row at an account
	UsedUpAtAccount                    // all of them; deleted only when the account is
)

// keepCounters is how long counters are kept. Anybody can make counters for names that
// nobody has, so these go soon; a name with many attempts is kept longer, because it
// must answer as an account does to somebody who tries a hundred times.
var keepCounters = map[CounterKind]time.Duration{
	WindowCounter:   time.Hour,
	FewAtName:       24 * time.Hour,
	ManyAtName:      7 * 24 * time.Hour,
	AtAccount:       90 * 24 * time.Hour,
	UsedUpAtAccount: 90 * 24 * time.Hour,
}

// purgeTime is how long a run deletes batches, at most.
const purgeTime = time.Minute

// Purged is how many rows were deleted.
type Purged struct {
	Limits   int `json:"limits"`
	Resets   int `json:"resets"`
	Sessions int `json:"sessions"`
	Devices  int `json:"devices"`
}

// PurgeExpired deletes expired rows. When its time is over, the next run deletes
// what is left. It does not touch the audit log.
func PurgeExpired(ctx context.Context, db Purger, now time.Time) (all Purged, err error) {
	ctx, cancel := context.WithTimeout(ctx, purgeTime)
	defer cancel()
	err = errors.Join( // not in the return statement, which may read all before the calls change it
		purge(&all.Resets, func(after string) (PurgedBatch, error) { return db.PurgeResets(ctx, now, after) }),
		purge(&all.Sessions, func(after string) (PurgedBatch, error) { return db.PurgeSessions(ctx, now, after) }),
		purge(&all.Devices, func(after string) (PurgedBatch, error) { return db.PurgeDevices(ctx, now.Add(-DeviceLifetime), after) }),
	)
	for kind, keep := range keepCounters {
		err = errors.Join(err, purge(&all.Limits, func(after string) (PurgedBatch, error) {
			return db.PurgeLimits(ctx, kind, now.Add(-keep), after)
		}))
	}
	return all, err
}

// purge deletes batches until one is not full.
func purge(all *int, deleteBatch func(after string) (PurgedBatch, error)) error {
	for after := ""; ; {
		b, err := deleteBatch(after)
		*all += b.Rows
		if err != nil || b.Rows < PurgeBatch {
			return err
		}
		after = b.Last
	}
}
