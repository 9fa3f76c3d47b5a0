package authorizer

import "time"

// MaxCached is for tests.
const MaxCached = maxCached

// Now tells the time by the clock in use.
func (a *Authorizer) Now() time.Time { return a.now() }

// SetClock gives an Authorizer another clock, before its first use.
func (a *Authorizer) SetClock(now func() time.Time) { a.now = now }

// SetMaxEntries limits the cache, before its first use.
func (a *Authorizer) SetMaxEntries(n int) { a.cache.maxEntries = n }

// Cached returns how many decisions are in the cache, and -1 if the cache is
// inconsistent.
func (a *Authorizer) Cached() int {
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	if n := len(a.cache.entries); n != a.cache.byAge.Len() {
		return -1
	}
	return a.cache.byAge.Len()
}
