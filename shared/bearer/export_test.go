package bearer

import "time"

// These are for tests.
const (
	MaxFresh      = maxFresh
	MinFresh      = minFresh
	RetryInterval = retryInterval
	FailInterval  = failInterval
)

var WallClock = wallClock

// SetClock gives a Verifier another clock, before its first use.
func (v *Verifier) SetClock(now func() time.Time) { v.now = now }
