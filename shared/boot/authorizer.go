package boot

import "time"

// AuthorizerCache returns how long the authorizer gives an answer of the
// database again: how long, at most, a session that has ended still counts for
// the APIs behind it.
func (e *Environment) AuthorizerCache() time.Duration {
	return time.Duration(e.Number("AUTHORIZER_CACHE_SECONDS", 30, 0, 300)) * time.Second
}
