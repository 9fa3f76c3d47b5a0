package authorizer

import "time"

// MostKnown is for tests.
const MostKnown = mostKnown

// Now tells the time by the clock in use.
func (a *Authorizer) Now() time.Time { return a.now() }

// SetClock gives an Authorizer another clock, before its first use.
func (a *Authorizer) SetClock(now func() time.Time) { a.now = now }

// SetMost bounds the answers that it remembers, before its first use.
func (a *Authorizer) SetMost(most int) { a.known.most = most }

// Known is how many answers are in memory.
func (a *Authorizer) Known() int {
	a.known.mu.Lock()
	defer a.known.mu.Unlock()
	if n := len(a.known.known); n != a.known.byAge.Len() {
		return -1
	}
	return a.known.byAge.Len()
}
