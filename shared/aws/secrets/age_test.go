package secrets_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"roster/localdev/awstest"
	"roster/shared/aws/awsenv"
	"roster/shared/aws/secrets"
)

// openAndRead opens a secret with a clock of the test, and reads it once.
func openAndRead(t *testing.T) (*awstest.Server, *secrets.Secret, *clock) {
	t.Helper()
	server, secret := open(t, `{"A":"old"}`)
	c := &clock{}
	secret.SetClock(c.now)
	wantGet(t, secret, "at first", "old")
	return server, secret, c
}

func wantGet(t *testing.T, secret *secrets.Secret, when, want string) {
	t.Helper()
	if got, err := secret.Get(t.Context()); err != nil || got["A"] != want {
		t.Errorf("%s: got %v, %v, want %s", when, got, err, want)
	}
}

func wantReads(t *testing.T, server *awstest.Server, want int) {
	t.Helper()
	if n := server.Calls(awstest.GetSecretValue); n != want {
		t.Errorf("read %d times, want %d", n, want)
	}
}

func TestValuesAreFreshForFiveMinutes(t *testing.T) {
	t.Parallel()
	server, secret, c := openAndRead(t)
	server.SetSecret(arn, `{"A":"new"}`)
	c.advance(secrets.FreshFor - 1)
	wantGet(t, secret, "while it is fresh", "old")
	wantReads(t, server, 1)
	c.advance(1)
	wantGet(t, secret, "after that", "new")
	wantReads(t, server, 2)
	c.advance(secrets.FreshFor - 1)
	wantGet(t, secret, "while that is fresh", "new")
	wantReads(t, server, 2)
}

func TestStaleValuesAreReadAgainOnceForAllCallers(t *testing.T) {
	t.Parallel()
	server, secret, c := openAndRead(t)
	server.SetSecret(arn, `{"A":"new"}`)
	c.advance(secrets.FreshFor)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { wantGet(t, secret, "among many", "new") })
	}
	wg.Wait()
	wantReads(t, server, 2)
}

func TestInAnOutageTheLastValuesAreUsedForAnHour(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]awstest.Failure{
		"outage":  awstest.ServerError,
		"denied":  awstest.AccessDenied,
		"garbage": awstest.Garbage,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, secret, c := openAndRead(t)
			server.Fail(awstest.GetSecretValue, awstest.Times(1000, failure)...)
			c.advance(secrets.FreshFor)
			wantGet(t, secret, "when it is stale", "old")
			calls := server.Calls(awstest.GetSecretValue)
			wantGet(t, secret, "right after that", "old")
			wantReads(t, server, calls)
			c.advance(secrets.RetryInterval)
			wantGet(t, secret, "when the next attempt is due", "old")
			if server.Calls(awstest.GetSecretValue) == calls {
				t.Error("the read is not attempted again")
			}
			c.advance(secrets.UsableFor - secrets.FreshFor - secrets.RetryInterval - 1)
			wantGet(t, secret, "at the end of the hour", "old")
			c.advance(1)
			if got, err := secret.Get(t.Context()); err == nil || got != nil {
				t.Errorf("after an hour: %v, %v", got, err)
			}
		})
	}
}

func TestValuesThatFailARequiredCheckAreNotUsed(t *testing.T) {
	t.Parallel()
	server, secret, c := openAndRead(t)
	secret.Require(func(values map[string]string) error {
		if values["A"] == canary {
			return errors.New("A is not valid")
		}
		return nil
	})
	server.SetSecret(arn, `{"A":"`+canary+`"}`)
	c.advance(secrets.FreshFor)
	wantGet(t, secret, "with a bad value", "old")
	if _, err := secret.Refresh(t.Context()); err != nil { // read a moment ago
		t.Error(err)
	}
	c.advance(secrets.RetryInterval)
	if _, err := secret.Refresh(t.Context()); !errors.Is(err, secrets.ErrMalformed) || !strings.Contains(err.Error(), "A is not valid") {
		t.Errorf("Refresh: %v", err)
	}
	server.SetSecret(arn, `{"A":"new"}`)
	c.advance(secrets.RetryInterval)
	wantGet(t, secret, "with a good one", "new")
}

func TestAfterTheHourGetReturnsTheError(t *testing.T) {
	t.Parallel()
	server, secret, c := openAndRead(t)
	c.advance(secrets.UsableFor)
	server.Fail(awstest.GetSecretValue, awstest.Times(3, awstest.ServerError)...)
	if _, err := secret.Get(t.Context()); !errors.Is(err, secrets.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	server.SetSecret(arn, `{"A":"new"}`)
	wantGet(t, secret, "when it answers again", "new")
}

// A server that hangs must not delay requests that can use the last values.
func TestGetWaitsBrieflyWhenTheLastValuesAreUsable(t *testing.T) {
	t.Parallel()
	server, secret, c := openAndRead(t)
	server.SetSecret(arn, `{"A":"new"}`)
	server.Fail(awstest.GetSecretValue, awstest.Hang)
	c.advance(secrets.FreshFor)
	start := time.Now()
	wantGet(t, secret, "while it hangs", "old")
	if took := time.Since(start); took >= awsenv.AttemptTimeout {
		t.Errorf("it waited %v, as long as the hanging attempt itself", took)
	}
	wait(t, func() bool { // the read goes on, and its second attempt succeeds
		got, err := secret.Get(t.Context())
		return err == nil && got["A"] == "new"
	})
}

func TestACallerThatGivesUpGetsTheLastValues(t *testing.T) {
	t.Parallel()
	server, secret, c := openAndRead(t)
	server.Fail(awstest.GetSecretValue, awstest.Hang)
	c.advance(secrets.FreshFor)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := secret.Get(ctx); err != nil || got["A"] != "old" {
		t.Errorf("got %v, %v", got, err)
	}
}

// After the clock was set back, the age of the values is unknown.
func TestValuesFromTheFutureAreReadAgain(t *testing.T) {
	t.Parallel()
	server, secret, c := openAndRead(t)
	server.SetSecret(arn, `{"A":"new"}`)
	c.advance(-time.Hour)
	wantGet(t, secret, "an hour before", "new")
	wantReads(t, server, 2)
}

// Lambda freezes a sandbox, and the monotonic clock may stand still with it.
func TestTheClockIsTheWalls(t *testing.T) {
	t.Parallel()
	_, secret := open(t, `{}`)
	if now := secret.Now(); now != now.Round(0) {
		t.Errorf("%v has a monotonic part", now)
	}
}
