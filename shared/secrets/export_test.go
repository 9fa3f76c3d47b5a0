package secrets

import "time"

// SetClock gives a Secret another clock, before its first use.
func (s *Secret) SetClock(now func() time.Time) { s.now = now }
