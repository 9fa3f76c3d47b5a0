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

// These tests change the environment and the logger of the process, because
// Load uses no other. So they do not run in parallel.

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

func TestTheSecretOverridesTheEnvironment(t *testing.T) {
	server := withSecret(t, `{"DATABASE_URL":"from the secret","MAIL_PORT":587}`)
	t.Setenv("DATABASE_URL", "from the environment")
	t.Setenv("PUBLIC_URL", "https://accounts.example.com")
	e := settings.Load()
	check(t, "in both", e.Required("DATABASE_URL"), "from the secret")
	check(t, "in the secret", e.Int("MAIL_PORT", 25, 1, 65535), 587)
	check(t, "in the environment", e.Origin("PUBLIC_URL"), "https://accounts.example.com")
	check(t, "what is rejected", rejection(t, e), "")
	check(t, "reads of the secret", server.Calls(awstest.GetSecretValue), 1)
}

func TestWithoutSecretARNNoSecretIsRead(t *testing.T) {
	server := withSecret(t, `{"DATABASE_URL":"from the secret"}`)
	t.Setenv("SECRET_ARN", "")
	t.Setenv("DATABASE_URL", "from the environment")
	e := settings.Load()
	check(t, "the value", e.Required("DATABASE_URL"), "from the environment")
	check(t, "what is rejected", rejection(t, e), "")
	check(t, "reads of the secret", server.Calls(awstest.GetSecretValue), 0)
}

// Everything that the secret holds is missing then, and only the cause is worth
// reporting.
func TestOnlyTheUnreadableSecretIsReported(t *testing.T) {
	server := withSecret(t, "")
	server.SetSecret(arn, canary)
	e := settings.Load()
	e.Required("DATABASE_URL")
	check(t, "the message", rejection(t, e), "SECRET_ARN cannot be read: read secret "+arn+": its content cannot be used: it is not a JSON object")
}

func TestLoadNeedsAWSCredentialsToReadTheSecret(t *testing.T) {
	withSecret(t, "{}")
	t.Setenv("AWS_SESSION_TOKEN", "")
	e := settings.Load()
	check(t, "the message", rejection(t, e), "SECRET_ARN cannot be read: not set: AWS_SESSION_TOKEN; Lambda sets them for a function, elsewhere export them before the start")
}

// An Environment keeps the values that it was loaded with. Only Current sees a
// change of the secret.
func TestTheValuesOfTheStartDoNotChange(t *testing.T) {
	server := withSecret(t, `{"DATABASE_URL":"old"}`)
	t.Setenv("PUBLIC_URL", "https://accounts.example.com")
	e := settings.Load()
	server.SetSecret(arn, `{"DATABASE_URL":"new"}`)
	for fresh, want := range map[bool]string{false: "old", true: "old"} { // old, because Refresh reads at most once in 5 seconds
		got, err := e.Current(t.Context(), fresh)
		check(t, "the secret's value", got["DATABASE_URL"], want)
		check(t, "the environment's", got["PUBLIC_URL"], "https://accounts.example.com")
		check(t, "its error", err, nil)
	}
	check(t, "at the start", e.Required("DATABASE_URL"), "old")

	e = settings.FromMap(map[string]string{"A": "a"})
	got, err := e.Current(t.Context(), true)
	check(t, "without a secret", got["A"], "a")
	check(t, "its error", err, nil)
}

// fakeSecret has one answer for Get and another for Refresh.
type fakeSecret struct{ get, refresh map[string]string }

func (s fakeSecret) Require(func(map[string]string) error)          {}
func (s fakeSecret) Get(context.Context) (map[string]string, error) { return maps.Clone(s.get), nil }

func (s fakeSecret) Refresh(context.Context) (map[string]string, error) {
	return maps.Clone(s.refresh), nil
}

func TestCurrentReadsAgainWhenAskedForFreshValues(t *testing.T) {
	e := settings.WithSecret(t.Context(), map[string]string{"A": "environment", "B": "environment"}, fakeSecret{
		get: map[string]string{"A": "cached"}, refresh: map[string]string{"A": "fresh"},
	})
	for fresh, want := range map[bool]string{false: "cached", true: "fresh"} {
		got, err := e.Current(t.Context(), fresh)
		check(t, "the values", got, map[string]string{"A": want, "B": "environment"})
		check(t, "their error", err, nil)
	}
}
