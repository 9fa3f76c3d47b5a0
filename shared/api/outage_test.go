package api_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"roster/shared/fault"
	"roster/shared/user"
)

// An outage must not look like a refusal, and the answer must not tell its cause.
func TestOutageAnswers503(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.account("ann")
	s.db.Close()
	want := problem(503, "unavailable", "The service is not available right now. Please try again.")
	for name, request := range requestForEachEndpoint(t, u) {
		a := request(s.send)
		a.wants(t, name, 503, want)
		if n, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || n < 1 || n > 5 {
			t.Errorf("%s: Retry-After %q", name, a.header.Get("Retry-After"))
		}
	}
	if sent := s.box.drain(); len(sent) > 0 {
		t.Errorf("mailed %v", sent)
	}
}

func TestExpiredDeadlineIsAnOutage(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	err := user.Health(ctx, s.db)
	if !errors.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}

func TestRetryAfterIsWholeSecondsAndAtLeastOne(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{0: "1", time.Millisecond: "1", time.Second: "1", 1500 * time.Millisecond: "2", time.Minute: "60"} {
		h := routes(failingDB{nil, func() error { return &fault.Error{Code: fault.Unavailable, Message: "Out.", RetryAfter: after} }}, &outbox{}, false)
		a := send(t, h, "GET", "/healthz", "")
		a.wants(t, after.String(), 503, problem(503, "unavailable", "Out."))
		if got := a.header.Get("Retry-After"); got != want {
			t.Errorf("after %v: %q, want %q", after, got, want)
		}
	}
}
