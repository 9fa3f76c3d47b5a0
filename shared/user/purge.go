package user

import (
	"context"
	"errors"
	"time"
)

// Purger deletes expired rows, at most batch of each kind at once, and returns
// how many it has deleted.
type Purger interface {
	PurgeLimits(ctx context.Context, before LimitsBefore, batch int) (int, error)
	PurgeResets(ctx context.Context, now time.Time, batch int) (int, error)
	PurgeSessions(ctx context.Context, now time.Time, batch int) (int, error)
	PurgeDevices(ctx context.Context, lastUsedBefore time.Time, batch int) (int, error)
}

// LimitsBefore says how old the counters are that are deleted. A used-up counter
// of an account is kept as long as the account: without it the disabled password
// would work again, and an attacker would have new attempts.
type LimitsBefore struct {
	Windows    time.Time // those whose window ended before
	FewAtName  time.Time // five attempts in a row, or fewer, at a name that nobody has
	ManyAtName time.Time // more of them
	AtAccount  time.Time // attempts in a row at an account that has not used them up, or that is deleted
}

// How long counters are kept. Anybody can make counters for names that nobody
// has, so these go soon; a name with many attempts is kept longer, because it
// must answer as an account does to somebody who tries a hundred times.
const (
	keepWindows    = time.Hour
	keepFewAtName  = 24 * time.Hour
	keepManyAtName = 7 * 24 * time.Hour
	keepAtAccount  = 90 * 24 * time.Hour
)

// A run deletes batches for a minute at most. One batch is short, so that no
// request waits long for it.
const (
	purgeBatch = 5000
	purgeTime  = time.Minute
)

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
	before := LimitsBefore{
		Windows:    now.Add(-keepWindows),
		FewAtName:  now.Add(-keepFewAtName),
		ManyAtName: now.Add(-keepManyAtName),
		AtAccount:  now.Add(-keepAtAccount),
	}
	err = errors.Join( // not in the return statement, which may read all before the calls change it
		purge(&all.Resets, func() (int, error) { return db.PurgeResets(ctx, now, purgeBatch) }),
		purge(&all.Sessions, func() (int, error) { return db.PurgeSessions(ctx, now, purgeBatch) }),
		purge(&all.Devices, func() (int, error) { return db.PurgeDevices(ctx, now.Add(-DeviceLifetime), purgeBatch) }),
		purge(&all.Limits, func() (int, error) { return db.PurgeLimits(ctx, before, purgeBatch) }),
	)
	return all, err
}

// purge deletes batches until one is not full.
func purge(all *int, deleteBatch func() (int, error)) error {
	for {
		n, err := deleteBatch()
		*all += n
		if err != nil || n < purgeBatch {
			return err
		}
	}
}
