package boot_test

import (
	"testing"
	"time"
)

func TestAuthorizerCacheIsAtMostFiveMinutes(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{"": 30 * time.Second, "0": 0, "1": time.Second, "300": 5 * time.Minute} {
		e := env("AUTHORIZER_CACHE_SECONDS", value)
		check(t, value, e.AuthorizerCache(), want)
		check(t, "what is rejected", rejection(t, e), "")
	}
	for _, value := range []string{"canary", "-1", "301", "0.5", "30s"} {
		e := env("AUTHORIZER_CACHE_SECONDS", value)
		e.AuthorizerCache()
		check(t, value, rejection(t, e), "AUTHORIZER_CACHE_SECONDS must be a whole number from 0 to 300")
	}
}
