package user_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"roster/shared/mail"
	"roster/shared/user"
)

// slow is a mailer that takes its time.
type slow time.Duration

func (s slow) Send(context.Context, mail.Message) error {
	time.Sleep(time.Duration(s)) // in the bubble's time, which passes at once
	return nil
}

// The time of the answer tells nothing.
func TestForgetPasswordKeepsPace(t *testing.T) {
	t.Parallel()
	const pace = 2 * time.Second
	for name, c := range map[string]struct {
		db   *store
		mail slow
		pace time.Duration
		want time.Duration
	}{
		"nobody":                 {&store{}, 0, pace, pace},
		"a mail that goes fast":  {&store{users: []*user.User{ann()}}, slow(time.Millisecond), pace, pace},
		"a mail that takes long": {&store{users: []*user.User{ann()}}, slow(1900 * time.Millisecond), pace, pace},
		"nobody, without a pace": {&store{}, 0, 0, 0},
		"a mail, without a pace": {&store{users: []*user.User{ann()}}, slow(time.Second), 0, time.Second},
		"an outage":              {&store{errs: map[string]error{"CreateReset": errOutage}}, 0, pace, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			out := user.ResetMail{Mailer: c.mail, PublicURL: publicURL, Pace: c.pace}
			_, _ = user.ForgetPassword(t.Context(), c.db, tokens, out, user.ResetRequest{Username: "ann.lee", Email: "ann@example.com"}, now)
			if took := time.Since(began); took != c.want {
				t.Errorf("%s: answered after %v, want %v", name, took, c.want)
			}
		})
	}
}

// A request that is over does not wait.
func TestForgetPasswordStopsWithItsRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		out := user.ResetMail{Mailer: &outbox{}, PublicURL: publicURL, Pace: time.Hour}
		if _, err := user.ForgetPassword(ctx, &store{}, tokens, out, user.ResetRequest{Username: "ann.lee", Email: "ann@example.com"}, now); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("answered after %v", took)
		}
	})
}
