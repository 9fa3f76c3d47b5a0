package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"roster/shared/audit"
)

const day = 24 * time.Hour

var now = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

// log has so many full batches of old events and of deleted accounts.
type log struct {
	events, accounts int
	asked            []time.Time
	fails            error
}

func (l *log) PurgeAudit(_ context.Context, before, _ time.Time) (audit.Purged, error) {
	l.events--
	l.asked = append(l.asked, before)
	return audit.Purged{Removed: 10, More: l.events > 0}, l.fails
}

func (l *log) EraseDeleted(_ context.Context, before, _ time.Time) (audit.Purged, error) {
	l.accounts--
	l.asked = append(l.asked, before)
	return audit.Purged{Erased: 7, More: l.accounts > 0}, l.fails
}

func TestPurgeGoesOnUntilNothingIsLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keep audit.Retention
		want audit.Purged
	}{
		"nothing is configured": {audit.Retention{}, audit.Purged{}},
		"events":                {audit.Retention{Keep: 30 * day}, audit.Purged{Removed: 30}},
		"accounts":              {audit.Retention{EraseAfter: 7 * day}, audit.Purged{Erased: 14}},
		"both":                  {audit.Retention{Keep: 30 * day, EraseAfter: 7 * day}, audit.Purged{Removed: 30, Erased: 14}},
	} {
		l := &log{events: 3, accounts: 2}
		got, err := audit.Purge(t.Context(), l, c.keep, now)
		if err != nil || got != c.want || c.keep.Set() != (got != audit.Purged{}) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
		for _, before := range l.asked {
			if before != now.Add(-30*day) && before != now.Add(-7*day) || before == now.Add(-7*day) && c.keep.EraseAfter == 0 {
				t.Errorf("%s: asked for what is before %v", name, before)
			}
		}
	}
}

// What was removed before an error is reported.
func TestPurgeStopsAtAnError(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	l := &log{events: 3, accounts: 2, fails: failed}
	got, err := audit.Purge(t.Context(), l, audit.Retention{Keep: 30 * day, EraseAfter: 7 * day}, now)
	if !errors.Is(err, failed) || got != (audit.Purged{Erased: 7}) || len(l.asked) != 1 {
		t.Errorf("%+v, %v, asked %v", got, err, l.asked)
	}
}
