package secrets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/awstest"
	"roster/shared/aws/secrets"
)

const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster-AbCdEf"

// canary is in what must never be shown.
const canary = "canary-3f9b"

func open(t *testing.T, text string) (*awstest.Server, *secrets.Secret) {
	t.Helper()
	server := awstest.New(t)
	server.SetSecret(arn, text)
	return server, secrets.Open(server.Config(), arn)
}

func TestGetReturnsTheMembersAndReadsOnce(t *testing.T) {
	t.Parallel()
	server, secret := open(t, ` {"DATABASE_URL":"postgres://u:p@h/d?x=1\u00e9","MAIL_PORT":587,"BIG":123456789012345678901234567890,
		"EXACT":1.50,"MAIL_USE_TLS":true,"OFF":false,"EMPTY":"","JWT_KEYS":{ "keys":[{"kid":"a"}],"x":1.0 }} `)
	want := map[string]string{
		"DATABASE_URL": "postgres://u:p@h/d?x=1é", "MAIL_PORT": "587", "BIG": "123456789012345678901234567890",
		"EXACT": "1.50", "MAIL_USE_TLS": "true", "OFF": "false", "EMPTY": "",
		"JWT_KEYS": `{ "keys":[{"kid":"a"}],"x":1.0 }`,
	}
	for range 3 {
		got, err := secret.Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		clear(got) // the caller may change the map
	}
	if n := server.Calls(awstest.GetSecretValue); n != 1 {
		t.Errorf("read %d times, want once", n)
	}
}

func TestConcurrentGetsShareOneRead(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"A":"b"}`)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if got, err := secret.Get(t.Context()); err != nil || got["A"] != "b" {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	wg.Wait()
	if n := server.Calls(awstest.GetSecretValue); n != 1 {
		t.Errorf("read %d times, want once", n)
	}
}

func TestAMalformedSecretIsRefusedAndNotShown(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, says string }{
		"plain text":     {canary, "not a JSON object"},
		"empty":          {"", "not a JSON object"},
		"list":           {`["` + canary + `"]`, "not a JSON object"},
		"text":           {`"` + canary + `"`, "not a JSON object"},
		"null":           {`null`, "not a JSON object"},
		"bad inside":     {`{"A":"x","JWT_KEYS":{"p":"` + canary + `}}`, "not valid JSON"},
		"object cut":     {`{"A":"x","JWT_KEYS":{"p":"` + canary + `"`, "not valid JSON"},
		"list inside":    {`{"A":["` + canary + `"]}`, "A is not text"},
		"null inside":    {`{"A":null}`, "A is not text"},
		"value as name":  {`{"` + canary + `":[]}`, "member 1 is not text"},
		"nameless":       {`{"":[]}`, "member 1 is not text"},
		"twice":          {`{"A":"x","A":"` + canary + `"}`, "A appears twice"},
		"cut":            {`{"A":"` + canary, "not valid JSON"},
		"cut later":      {`{"A":"` + canary + `"`, "not valid JSON"},
		"no quotes":      {`{"A":` + canary + `}`, "not valid JSON"},
		"number as name": {`{1:"` + canary + `"}`, "not valid JSON"},
		"text after it":  {`{"A":"x"} ` + canary, "there is text after"},
		"two objects":    {`{"A":"x"}{"B":"` + canary + `"}`, "there is text after"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, secret := open(t, tt.text)
			got, err := secret.Get(t.Context())
			if !errors.Is(err, secrets.ErrMalformed) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Fatalf("got %v, %v, want ErrMalformed that says %q", got, err, tt.says)
			}
			if !strings.Contains(err.Error(), arn) || strings.Contains(err.Error(), "canary") {
				t.Errorf("the error must name the secret and show nothing of it: %v", err)
			}
		})
	}
}

func TestABinarySecretIsRefused(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	server.SetBinarySecret(arn, []byte(canary))
	_, err := secrets.Open(server.Config(), arn).Get(t.Context())
	if !errors.Is(err, secrets.ErrMalformed) || !strings.Contains(err.Error(), "SecretBinary") || strings.Contains(err.Error(), canary) {
		t.Errorf("error %v", err)
	}
}

func TestFailuresOfTheServiceAreClassified(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		failure awstest.Failure
		want    error
	}{
		"access denied":         {awstest.AccessDenied, secrets.ErrAccessDenied},
		"key may not be used":   {awstest.Failure{Status: 400, Code: "DecryptionFailure", Message: "x"}, secrets.ErrAccessDenied},
		"credentials ended":     {awstest.Failure{Status: 400, Code: "ExpiredTokenException", Message: "x"}, secrets.ErrAccessDenied},
		"marked for deletion":   {awstest.Failure{Status: 400, Code: "InvalidRequestException", Message: "x"}, secrets.ErrNotFound},
		"throttled":             {awstest.Throttle, secrets.ErrUnavailable},
		"outage":                {awstest.ServerError, secrets.ErrUnavailable},
		"no JSON":               {awstest.Failure{Status: 200, Body: canary}, secrets.ErrUnavailable},
		"answer breaks off":     {awstest.Failure{Status: 200, Body: `{"SecretString":"` + canary}, secrets.ErrUnavailable},
		"answer without quotes": {awstest.Failure{Status: 200, Body: `{"SecretString":` + canary + `}`}, secrets.ErrUnavailable},
		"answer of other type":  {awstest.Failure{Status: 200, Body: `{"SecretString":["` + canary + `"]}`}, secrets.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, secret := open(t, `{"A":"b"}`)
			server.Fail(awstest.GetSecretValue, awstest.Times(3, tt.failure)...)
			_, err := secret.Get(t.Context())
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "canary") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestAMissingSecretIsNamed(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	_, err := secrets.Open(server.Config(), arn).Get(t.Context())
	if !errors.Is(err, secrets.ErrNotFound) || !strings.Contains(err.Error(), arn) {
		t.Errorf("error %v, want ErrNotFound that names the secret", err)
	}
}

func TestAServerThatCannotBeReachedIsUnavailable(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"A":"b"}`)
	server.Close()
	if _, err := secret.Get(t.Context()); !errors.Is(err, secrets.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}

func TestAFailedReadIsNotCached(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"A":"b"}`)
	server.Fail(awstest.GetSecretValue, awstest.AccessDenied)
	if _, err := secret.Get(t.Context()); err == nil {
		t.Fatal("no error")
	}
	if got, err := secret.Get(t.Context()); err != nil || got["A"] != "b" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestACallerThatGivesUpDoesNotEndTheReadOfOthers(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"A":"b"}`)
	server.Fail(awstest.GetSecretValue, awstest.Hang)
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := secret.Get(ctx)
		first <- err
	}()
	wait(t, func() bool { return server.Calls(awstest.GetSecretValue) == 1 })
	go func() {
		_, err := secret.Get(t.Context())
		second <- err
	}()
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("first: %v, want Canceled", err)
	}
	if err := <-second; err != nil {
		t.Errorf("second: %v", err)
	}
	if n := server.Calls(awstest.GetSecretValue); n != 2 {
		t.Errorf("%d calls, want the hanging one and its retry", n)
	}
}

func wait(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); {
		if time.Now().After(deadline) {
			t.Fatal("waited 10 s in vain")
		}
		runtime.Gosched()
	}
}

type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(1_800_000_000, c.offset.Load()) }
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

func TestRefreshReadsAtMostOnceInAnInterval(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"A":"old"}`)
	var c clock
	secret.SetClock(c.now)
	step := func(name string, call func(context.Context) (map[string]string, error), want string, reads int) {
		t.Helper()
		got, err := call(t.Context())
		if err != nil || got["A"] != want {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, want)
		}
		if n := server.Calls(awstest.GetSecretValue); n != reads {
			t.Errorf("%s: read %d times, want %d", name, n, reads)
		}
	}
	step("before any Get, Refresh reads", secret.Refresh, "old", 1)
	server.SetSecret(arn, `{"A":"new"}`)
	step("right after that, Refresh does not read", secret.Refresh, "old", 1)
	c.advance(secrets.RefreshInterval - 1)
	step("just before the interval ends, Refresh does not read", secret.Refresh, "old", 1)
	c.advance(1)
	step("after the interval, Refresh reads", secret.Refresh, "new", 2)
	step("Get returns what Refresh has read", secret.Get, "new", 2)
	step("Refresh does not read again", secret.Refresh, "new", 2)
}

func TestAFailedRefreshKeepsTheLastValues(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"A":"b"}`)
	var c clock
	secret.SetClock(c.now)
	if _, err := secret.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Minute)
	server.Fail(awstest.GetSecretValue, awstest.AccessDenied)
	if _, err := secret.Refresh(t.Context()); !errors.Is(err, secrets.ErrAccessDenied) {
		t.Errorf("Refresh: %v, want ErrAccessDenied", err)
	}
	for name, call := range map[string]func(context.Context) (map[string]string, error){"Get": secret.Get, "Refresh": secret.Refresh} {
		if got, err := call(t.Context()); err != nil || got["A"] != "b" {
			t.Errorf("%s afterwards: got %v, %v", name, got, err)
		}
	}
	if n := server.Calls(awstest.GetSecretValue); n != 2 {
		t.Errorf("read %d times, want 2: the failure counts for the interval", n)
	}
}

func TestConcurrentRefreshesShareOneRead(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"A":"b"}`)
	var c clock
	secret.SetClock(c.now)
	if _, err := secret.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Minute)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := secret.Refresh(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := server.Calls(awstest.GetSecretValue); n != 2 {
		t.Errorf("read %d times, want 2", n)
	}
}

func TestAPrintedSecretShowsNoValue(t *testing.T) {
	t.Parallel()
	_, secret := open(t, `{"A":"`+canary+`"}`)
	if _, err := secret.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", secret)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", secret)
	shown := log.String() + fmt.Sprintf("%v %+v %#v %s %q", secret, secret, secret, secret, secret)
	if strings.Contains(shown, "canary") || !strings.Contains(shown, arn) {
		t.Errorf("shown: %s", shown)
	}
}
