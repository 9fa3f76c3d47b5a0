package ratelimit

import (
	"context"
	"crypto/rand"
	"time"

	"roster/shared/fault"
)

// Patience is how long an attempt waits for others that are being checked. It is
// much longer than a check takes, because a burst of right passwords is checked
// a few at a time.
const Patience = 4 * time.Second

// The pauses between two tries. Each is drawn at random, so that those who wait
// do not all come at once.
const (
	firstPause = 30 * time.Millisecond
	lastPause  = 150 * time.Millisecond
)

// Try consumes an attempt. While it is refused only because others are being
// checked, it tries again until its patience is over: somebody with the right
// password must not be refused because of others with the right password. As
// soon as one of those others has failed, Try refuses at once. A refusal is
// fault.TooMany.
func Try(ctx context.Context, now time.Time, consume func(at time.Time) (Attempt, error)) (Attempt, error) {
	began, waited := time.Now(), time.Duration(0)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		attempt, err := consume(now.Add(waited))
		if err != nil || attempt.Wait <= 0 {
			return attempt, err
		}
		if !attempt.Pending || waited > Patience {
			return attempt, refusal(attempt.Wait)
		}
		timer := time.NewTimer(jittered(pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return attempt, refusal(attempt.Wait)
		}
		waited = time.Since(began)
	}
}

// jittered returns a random duration from half of the pause to three halves.
func jittered(pause time.Duration) time.Duration {
	var b [1]byte
	rand.Read(b[:])
	return pause/2 + pause*time.Duration(b[0])/256
}

func refusal(wait time.Duration) error {
	e := &fault.Error{Code: fault.TooMany, Message: "Too many tries. Please wait.", RetryAfter: wait}
	if wait >= Disabled {
		e.Message = "Too many tries. Please reset the password."
	}
	return e
}
