package wallclock_test

import (
	"strings"
	"testing"

	"roster/shared/wallclock"
)

func TestNowHasNoMonotonicPart(t *testing.T) {
	t.Parallel()
	now := wallclock.Now()
	if now != now.Round(0) || strings.Contains(now.String(), "m=") {
		t.Errorf("%v has a monotonic part", now)
	}
}
