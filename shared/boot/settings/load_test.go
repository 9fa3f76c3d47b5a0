package settings_test

import (
	"context"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"roster/localdev/awstest"
	"roster/shared/boot/settings"
)

const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster-AbCdEf"

// These tests change the environment of the process, as Load reads no other,
// and its logger. So they do not run beside others.

func withSecret(t *testing.T, text string) *awstest.Server {
	t.Helper()
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	server := awstest.New(t)
	server.SetSecret(arn, text)
	t.Setenv("SECRET_ARN", arn)
	for _, pair := range server.Env() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	return server
}

func TestLoadLaysTheSecretOverTheEnvironment(t *testing.T) {
	server := withSecret(t, `{"DATABASE_URL":"from the secret","MAIL_PORT":587}`)
	t.Setenv("DATABASE_URL", "from the environment")
	t.Setenv("PUBLIC_URL", "https://accounts.example.com")
	e := settings.Load()
	check(t, "in both", e.Text("DATABASE_URL"), "from the secret")
	check(t, "in the secret", e.Number("MAIL_PORT", 25, 1, 65535), 587)
	check(t, "in the environment", e.Origin("PUBLIC_URL"), "https://accounts.example.com")
	check(t, "their problem", problem(t, e), "")
	check(t, "readings", server.Calls(awstest.GetSecretValue), 1)
}

func TestLoadWithoutASecret(t *testing.T) {
	server := withSecret(t, `{"DATABASE_URL":"from the secret"}`)
	t.Setenv("SECRET_ARN", "")
	t.Setenv("DATABASE_URL", "from the environment")
	e := settings.Load()
	check(t, "the value", e.Text("DATABASE_URL"), "from the environment")
	check(t, "its problem", problem(t, e), "")
	check(t, "readings", server.Calls(awstest.GetSecretValue), 0)
}

// All that a secret would have held is missing then, which is not worth saying.
func TestLoadSaysOnlyThatTheSecretCouldNotBeRead(t *testing.T) {
	server := withSecret(t, "")
	server.SetSecret(arn, canary)
	e := settings.Load()
	e.Text("DATABASE_URL")
	check(t, "the message", problem(t, e), "SECRET_ARN cannot be read: read secret "+arn+": its content cannot be used: it is not a JSON object")
}

func TestLoadNeedsLambdasCredentials(t *testing.T) {
	withSecret(t, "{}")
	t.Setenv("AWS_SESSION_TOKEN", "")
	e := settings.Load()
	check(t, "the message", problem(t, e), "SECRET_ARN cannot be read: not set: AWS_SESSION_TOKEN; Lambda sets them for a function, elsewhere export them before the start")
}

// The values of the start stay what they were; what may change is asked for.
func TestCurrent(t *testing.T) {
	server := withSecret(t, `{"DATABASE_URL":"old"}`)
	t.Setenv("PUBLIC_URL", "https://accounts.example.com")
	e := settings.Load()
	server.SetSecret(arn, `{"DATABASE_URL":"new"}`)
	for fresh, want := range map[bool]string{false: "old", true: "old"} { // for Refresh reads no more than once in 5 seconds
		got, err := e.Current(t.Context(), fresh)
		check(t, "the secret's value", got["DATABASE_URL"], want)
		check(t, "the environment's", got["PUBLIC_URL"], "https://accounts.example.com")
		check(t, "its error", err, nil)
	}
	check(t, "at the start", e.Text("DATABASE_URL"), "old")

	e = settings.FromMap(map[string]string{"A": "a"})
	got, err := e.Current(t.Context(), true)
	check(t, "without a secret", got["A"], "a")
	check(t, "its error", err, nil)
}

// source is a secret of the test's own.
type source struct{ get, refresh map[string]string }

func (s source) Require(func(map[string]string) error)          {}
func (s source) Get(context.Context) (map[string]string, error) { return maps.Clone(s.get), nil }

func (s source) Refresh(context.Context) (map[string]string, error) {
	return maps.Clone(s.refresh), nil
}

func TestCurrentTellsFreshFromKept(t *testing.T) {
	e := settings.WithSecret(t.Context(), map[string]string{"A": "environment", "B": "environment"}, source{
		get: map[string]string{"A": "kept"}, refresh: map[string]string{"A": "fresh"},
	})
	for fresh, want := range map[bool]string{false: "kept", true: "fresh"} {
		got, err := e.Current(t.Context(), fresh)
		check(t, "the values", got, map[string]string{"A": want, "B": "environment"})
		check(t, "their error", err, nil)
	}
}
