package authorizer

import "time"

// MostKnown and WallClock are for tests.
const MaxCached = maxCached

var WallClock = wallClock

// SetClock gives an Authorizer another clock, before its first use.
func (a *Authorizer) SetClock(now func() time.Time) { a.now = now }

// SetMost bounds the answers that it remembers, before its first use.
func (a *Authorizer) SetMaxEntries(most int) { a.cache.maxEntries = most }

// Known is how many answers are in memory.
func (a *Authorizer) Cached() int {
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	if n := len(a.cache.entries); n != a.cache.byAge.Len() {
		return -1
	}
	return a.cache.byAge.Len()
}
