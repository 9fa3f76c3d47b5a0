package secrets

import "time"

// RetryInterval is for tests.
const RetryInterval = retryInterval

// Now tells the time by the clock in use.
func (s *Secret) Now() time.Time { return s.now() }

// SetClock gives a Secret another clock, before its first use.
func (s *Secret) SetClock(now func() time.Time) { s.now = now }
