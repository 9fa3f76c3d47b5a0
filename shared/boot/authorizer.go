package boot

import "time"

// AuthorizerCache returns how long the authorizer reuses an answer of the
// database. The APIs behind it accept a session for up to this long after its
// end.
func (e *Environment) AuthorizerCache() time.Duration {
	return time.Duration(e.Int("AUTHORIZER_CACHE_SECONDS", 30, 0, 300)) * time.Second
}
