package settings_test

import (
	"strings"
	"testing"
	"time"

	"roster/localdev/awstest"
	"roster/shared/aws/awsenv"
	"roster/shared/boot/settings"
)

func built(e *settings.Environment) string { return "built of " + e.Text("DATABASE_URL") }

func TestBuild(t *testing.T) {
	server := withSecret(t, `{"DATABASE_URL":"a"}`)
	ready := settings.Build(built)
	for range 2 {
		got, err := ready(t.Context())
		check(t, "what was built", got, "built of a")
		check(t, "its error", err, nil)
	}
	check(t, "readings", server.Calls(awstest.GetSecretValue), 1)
}

// Nothing is built before the secret is read, and it is not asked for at each
// request.
func TestBuildWaitsForAnOutageToEnd(t *testing.T) {
	server := withSecret(t, `{"DATABASE_URL":"a"}`)
	server.Fail(awstest.GetSecretValue, awstest.Times(100, awstest.ServerError)...)
	builds := 0
	ready := settings.Build(func(e *settings.Environment) string {
		builds++
		return built(e)
	})
	began := time.Now()
	for range 50 {
		if got, err := ready(t.Context()); got != "" || err == nil || !strings.Contains(err.Error(), "no usable answer from Secrets Manager") {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if calls, most := server.Calls(awstest.GetSecretValue), awsenv.Tries*(1+int(time.Since(began)/time.Second)); calls > most || builds > 0 {
		t.Errorf("%d calls, want at most %d; built %d times", calls, most, builds)
	}
	server.Recover(awstest.GetSecretValue)
	got, err := ready(t.Context())
	for tick := time.Tick(50 * time.Millisecond); err != nil && time.Since(began) < time.Minute; <-tick {
		got, err = ready(t.Context())
	}
	check(t, "what was built", got, "built of a")
	check(t, "its error", err, nil)
	check(t, "builds", builds, 1)
}
