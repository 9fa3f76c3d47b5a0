package settings_test

import (
	"strings"
	"testing"
	"time"

	"roster/localdev/awstest"
	"roster/shared/aws/awsenv"
	"roster/shared/boot/settings"
)

func build(e *settings.Environment) string { return "built from " + e.Required("DATABASE_URL") }

func TestBuildReadsTheSecretOnce(t *testing.T) {
	server := withSecret(t, `{"DATABASE_URL":"a"}`)
	get := settings.Build(build)
	for range 2 {
		got, err := get(t.Context())
		check(t, "the value", got, "built from a")
		check(t, "its error", err, nil)
	}
	check(t, "reads of the secret", server.Calls(awstest.GetSecretValue), 1)
}

// In an outage nothing is built, and not every request reads the secret.
func TestBuildWaitsForAnOutageToEnd(t *testing.T) {
	server := withSecret(t, `{"DATABASE_URL":"a"}`)
	server.Fail(awstest.GetSecretValue, awstest.Times(100, awstest.ServerError)...)
	builds := 0
	get := settings.Build(func(e *settings.Environment) string {
		builds++
		return build(e)
	})
	start := time.Now()
	for range 50 {
		if got, err := get(t.Context()); got != "" || err == nil ||
			!strings.Contains(err.Error(), "no usable answer from Secrets Manager") {
			t.Fatalf("%q, %v", got, err)
		}
	}
	reads := 1 + int(time.Since(start)/time.Second) // one at the start, and at most one in each second
	if calls, limit := server.Calls(awstest.GetSecretValue), awsenv.MaxAttempts*reads; calls > limit || builds > 0 {
		t.Errorf("%d calls, want at most %d; built %d times", calls, limit, builds)
	}
	server.Recover(awstest.GetSecretValue)
	got, err := get(t.Context())
	for tick := time.Tick(50 * time.Millisecond); err != nil && time.Since(start) < time.Minute; <-tick {
		got, err = get(t.Context())
	}
	check(t, "the value", got, "built from a")
	check(t, "its error", err, nil)
	check(t, "builds", builds, 1)
}
