package audit

import (
	"context"
	"time"
)

// Retention says how long the log keeps what. Zero keeps it for ever.
type Retention struct {
	// Keep is how long an event is kept.
	Keep time.Duration
	// EraseAfter is how long after its deletion an account is erased from the log.
	EraseAfter time.Duration
}

// Set reports whether anything is removed at all.
func (r Retention) Set() bool { return r.Keep > 0 || r.EraseAfter > 0 }

// Purger removes from the log what its retention does not keep. Only the owner of the
// tables may do so. The chains can be verified as before, and each call that removes
// something records that.
type Purger interface {
	// PurgeAudit removes events from before a time, at most some thousands.
	PurgeAudit(ctx context.Context, before, now time.Time) (Purged, error)
	// EraseDeleted erases accounts that were deleted before a time, a few at most.
	EraseDeleted(ctx context.Context, deletedBefore, now time.Time) (Purged, error)
}

// Purged is what was removed from the log.
type Purged struct {
	Removed int `json:"removed"` // events
	Erased  int `json:"erased"`  // events of deleted accounts
	// More says that there was more to remove.
	More bool `json:"more,omitempty"`
}

// purgeTime is how long a run goes on. The next run removes what is left.
const purgeTime = 30 * time.Second

// Purge removes what the retention does not keep, for half a minute at most. What it
// has removed until an error stays removed.
func Purge(ctx context.Context, db Purger, r Retention, now time.Time) (all Purged, err error) {
	ends := time.Now().Add(purgeTime)
	if r.EraseAfter > 0 {
		err = all.repeat(ends, func() (Purged, error) { return db.EraseDeleted(ctx, now.Add(-r.EraseAfter), now) })
	}
	if err == nil && r.Keep > 0 {
		err = all.repeat(ends, func() (Purged, error) { return db.PurgeAudit(ctx, now.Add(-r.Keep), now) })
	}
	return all, err
}

// repeat removes until nothing is left or the time is over.
func (p *Purged) repeat(ends time.Time, remove func() (Purged, error)) error {
	for {
		one, err := remove()
		p.Removed += one.Removed
		p.Erased += one.Erased
		if err != nil || !one.More {
			return err
		}
		if time.Now().After(ends) {
			p.More = true
			return nil
		}
	}
}
