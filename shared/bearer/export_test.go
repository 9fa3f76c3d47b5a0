package bearer

import "time"

// These are for tests.
const (
	MaxFresh      = maxFresh
	MinFresh      = minFresh
	RetryInterval = retryInterval
	FailInterval  = failInterval
)

// Now tells the time by the clock in use.
func (v *Verifier) Now() time.Time { return v.now() }

// SetClock gives a Verifier another clock, before its first use.
func (v *Verifier) SetClock(now func() time.Time) { v.now = now }
