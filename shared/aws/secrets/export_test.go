package secrets

import "time"

// RetryInterval and WallClock are for tests.
const RetryInterval = retryInterval

var WallClock = wallClock

// SetClock gives a Secret another clock, before its first use.
func (s *Secret) SetClock(now func() time.Time) { s.now = now }
