package secrets_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"roster/localdev/awstest"
	"roster/shared/aws/secrets"
)

// aged opens a secret with a clock, and has it read once.
func aged(t *testing.T) (*awstest.Server, *secrets.Secret, *clock) {
	t.Helper()
	server, secret := open(t, `{"A":"old"}`)
	c := &clock{}
	secret.SetClock(c.now)
	gets(t, secret, "at first", "old")
	return server, secret, c
}

func gets(t *testing.T, secret *secrets.Secret, when, want string) {
	t.Helper()
	if got, err := secret.Get(t.Context()); err != nil || got["A"] != want {
		t.Errorf("%s: got %v, %v, want %s", when, got, err, want)
	}
}

func readings(t *testing.T, server *awstest.Server, want int) {
	t.Helper()
	if n := server.Calls(awstest.GetSecretValue); n != want {
		t.Errorf("read %d times, want %d", n, want)
	}
}

func TestAReadingServesForFiveMinutes(t *testing.T) {
	t.Parallel()
	server, secret, c := aged(t)
	server.SetSecret(arn, `{"A":"new"}`)
	c.advance(secrets.FreshFor - 1)
	gets(t, secret, "while it is fresh", "old")
	readings(t, server, 1)
	c.advance(1)
	gets(t, secret, "after that", "new")
	readings(t, server, 2)
	c.advance(secrets.FreshFor - 1)
	gets(t, secret, "while that is fresh", "new")
	readings(t, server, 2)
}

func TestAStaleReadingIsRenewedOnceForMany(t *testing.T) {
	t.Parallel()
	server, secret, c := aged(t)
	server.SetSecret(arn, `{"A":"new"}`)
	c.advance(secrets.FreshFor)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { gets(t, secret, "among many", "new") })
	}
	wg.Wait()
	readings(t, server, 2)
}

// In an outage the last good reading serves, and few wait for a better one.
func TestTheLastGoodReadingServesForAnHour(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]awstest.Failure{"outage": awstest.ServerError, "denied": awstest.AccessDenied, "garbage": awstest.Garbage} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, secret, c := aged(t)
			server.Fail(awstest.GetSecretValue, awstest.Times(1000, failure)...)
			c.advance(secrets.FreshFor)
			gets(t, secret, "when it is stale", "old")
			calls := server.Calls(awstest.GetSecretValue)
			gets(t, secret, "at once after that", "old")
			readings(t, server, calls)
			c.advance(secrets.RetryInterval)
			gets(t, secret, "when a reading is due again", "old")
			if server.Calls(awstest.GetSecretValue) == calls {
				t.Error("it does not try again")
			}
			c.advance(secrets.UsableFor - secrets.FreshFor - secrets.RetryInterval - 1)
			gets(t, secret, "at the end of the hour", "old")
			c.advance(1)
			if got, err := secret.Get(t.Context()); err == nil || got != nil {
				t.Errorf("after an hour: %v, %v", got, err)
			}
		})
	}
}

// What cannot be used is no reading, whatever else it holds.
func TestRequire(t *testing.T) {
	t.Parallel()
	server, secret, c := aged(t)
	secret.Require(func(values map[string]string) error {
		if values["A"] == canary {
			return errors.New("A is not what it should be")
		}
		return nil
	})
	server.SetSecret(arn, `{"A":"`+canary+`"}`)
	c.advance(secrets.FreshFor)
	gets(t, secret, "with a bad value", "old")
	if _, err := secret.Refresh(t.Context()); err != nil { // read a moment ago
		t.Error(err)
	}
	c.advance(secrets.RetryInterval)
	if _, err := secret.Refresh(t.Context()); !errors.Is(err, secrets.ErrMalformed) || !strings.Contains(err.Error(), "A is not what it should be") {
		t.Errorf("Refresh: %v", err)
	}
	server.SetSecret(arn, `{"A":"new"}`)
	c.advance(secrets.RetryInterval)
	gets(t, secret, "with a good one", "new")
}

func TestAfterTheHourTheErrorSaysWhy(t *testing.T) {
	t.Parallel()
	server, secret, c := aged(t)
	c.advance(secrets.UsableFor)
	server.Fail(awstest.GetSecretValue, awstest.Times(3, awstest.ServerError)...)
	if _, err := secret.Get(t.Context()); !errors.Is(err, secrets.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	server.SetSecret(arn, `{"A":"new"}`)
	gets(t, secret, "when it answers again", "new")
}

// A server that hangs must not hold up requests that can do without it.
func TestNobodyWaitsLongForAReadingThatIsNotNeeded(t *testing.T) {
	t.Parallel()
	server, secret, c := aged(t)
	server.SetSecret(arn, `{"A":"new"}`)
	server.Fail(awstest.GetSecretValue, awstest.Hang)
	c.advance(secrets.FreshFor)
	began := time.Now()
	gets(t, secret, "while it hangs", "old")
	if took := time.Since(began); took >= awstestPatience {
		t.Errorf("it waited %v", took)
	}
	wait(t, func() bool { // the reading goes on meanwhile, and its second try succeeds
		got, err := secret.Get(t.Context())
		return err == nil && got["A"] == "new"
	})
}

// awstestPatience is the time after which the hanging try itself ends.
const awstestPatience = 2 * time.Second

func TestWhoGivesUpGetsTheLastGoodReading(t *testing.T) {
	t.Parallel()
	server, secret, c := aged(t)
	server.Fail(awstest.GetSecretValue, awstest.Hang)
	c.advance(secrets.FreshFor)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := secret.Get(ctx); err != nil || got["A"] != "old" {
		t.Errorf("got %v, %v", got, err)
	}
}

// A clock that was set back says nothing of a reading's age.
func TestAReadingFromTheFutureIsNotTrusted(t *testing.T) {
	t.Parallel()
	server, secret, c := aged(t)
	server.SetSecret(arn, `{"A":"new"}`)
	c.advance(-time.Hour)
	gets(t, secret, "an hour before", "new")
	readings(t, server, 2)
}

// Lambda freezes a sandbox, and the monotonic clock may stand still with it.
func TestTheClockIsTheWalls(t *testing.T) {
	t.Parallel()
	_, secret := open(t, `{}`)
	if now := secret.Now(); now != now.Round(0) {
		t.Errorf("%v has a monotonic part", now)
	}
}
