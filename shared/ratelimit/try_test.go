package ratelimit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"roster/shared/fault"
	"roster/shared/ratelimit"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// answers returns the attempts one after the other, and the last one for ever.
func answers(calls *int, attempts ...ratelimit.Attempt) func(time.Time) (ratelimit.Attempt, error) {
	return func(time.Time) (ratelimit.Attempt, error) {
		a := attempts[min(*calls, len(attempts)-1)]
		*calls++
		return a, nil
	}
}

func TestTryWaitsWhileOthersAreBeingChecked(t *testing.T) {
	t.Parallel()
	pending, failed := ratelimit.Attempt{Wait: time.Second, Pending: true}, ratelimit.Attempt{Wait: 2 * time.Second}
	for name, c := range map[string]struct {
		attempts []ratelimit.Attempt
		calls    int // 0 for any number
		wait     time.Duration
		within   time.Duration
	}{
		"allowed at once":      {[]ratelimit.Attempt{{Last: true}}, 1, 0, 0},
		"refused at once":      {[]ratelimit.Attempt{failed}, 1, 2 * time.Second, 0},
		"allowed in the end":   {[]ratelimit.Attempt{pending, pending, {}}, 3, 0, 300 * time.Millisecond},
		"refused in the end":   {[]ratelimit.Attempt{pending, pending, failed}, 3, 2 * time.Second, 300 * time.Millisecond},
		"nobody says anything": {[]ratelimit.Attempt{pending}, 0, time.Second, ratelimit.Patience + 300*time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls, began := 0, time.Now()
				got, err := ratelimit.Try(t.Context(), noon, answers(&calls, c.attempts...))
				var e *fault.Error
				if c.wait > 0 && (!errors.As(err, &e) || e.Code != fault.TooMany || e.RetryAfter != c.wait) || c.wait == 0 && err != nil {
					t.Errorf("%+v, %v", got, err)
				}
				if c.calls > 0 && calls != c.calls || time.Since(began) > c.within {
					t.Errorf("%d calls in %v", calls, time.Since(began))
				}
			})
		})
	}
}

func TestTryEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		calls, began := 0, time.Now()
		_, err := ratelimit.Try(ctx, noon, answers(&calls, ratelimit.Attempt{Wait: time.Second, Pending: true}))
		if !errors.Is(err, fault.TooMany) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		outage := errors.New("out")
		if _, err := ratelimit.Try(t.Context(), noon, func(time.Time) (ratelimit.Attempt, error) { return ratelimit.Attempt{}, outage }); !errors.Is(err, outage) {
			t.Error(err)
		}
	})
}

// The time of each try is that of the request and what it has waited.
func TestTryTellsTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, _ = ratelimit.Try(t.Context(), noon, func(at time.Time) (ratelimit.Attempt, error) {
			if got, want := at.Sub(noon), time.Since(began); got != want {
				t.Errorf("%v after %v", got, want)
			}
			return ratelimit.Attempt{Wait: time.Second, Pending: true}, nil
		})
	})
}
