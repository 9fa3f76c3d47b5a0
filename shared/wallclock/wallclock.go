// Package wallclock tells the time for measuring the age of something that is kept in memory, such as a secret, a key or an
// answer:
//
//	age := wallclock.Now().Sub(readAt)
//
// Package time measures by the monotonic clock, which may stand still while Lambda freezes a sandbox or a machine sleeps.
// Something read before that would stay young for hours. The price: a wall clock can be set back, so an age may be negative,
// and the caller must say what that means.
package wallclock

import "time"

// Now returns the current time without its monotonic part.
func Now() time.Time { return time.Now().Round(0) }
