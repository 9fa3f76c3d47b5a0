package awsenv_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"

	"roster/localdev/awstest"
	"roster/shared/aws/awsenv"
)

// lambda returns the environment of a function, changed by pairs of a name and a
// value. An empty value removes the variable.
func lambda(change ...string) func(string) string {
	env := map[string]string{
		"AWS_REGION":            "eu-west-1",
		"AWS_ACCESS_KEY_ID":     "ASIAEXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_SESSION_TOKEN":     "token",
	}
	for i := 0; i < len(change); i += 2 {
		env[change[i]] = change[i+1]
	}
	return func(name string) string { return env[name] }
}

func TestFromReadsWhatLambdaSets(t *testing.T) {
	t.Parallel()
	cfg, err := awsenv.From(lambda())
	if err != nil {
		t.Fatal(err)
	}
	got, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Region != "eu-west-1" || got.AccessKeyID != "ASIAEXAMPLE" || got.SecretAccessKey != "secret" || got.SessionToken != "token" {
		t.Errorf("region %q, credentials %+v", cfg.Region, got)
	}
	if cfg.BaseEndpoint != nil {
		t.Errorf("BaseEndpoint = %q, want none", *cfg.BaseEndpoint)
	}
	if n := cfg.Retryer().MaxAttempts(); n != awsenv.MaxAttempts {
		t.Errorf("%d attempts, want %d", n, awsenv.MaxAttempts)
	}
}

func TestFromNamesTheVariablesThatAreMissingOrBad(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change []string
		want   []string
	}{
		"region":          {[]string{"AWS_REGION", ""}, []string{"AWS_REGION"}},
		"key":             {[]string{"AWS_ACCESS_KEY_ID", ""}, []string{"AWS_ACCESS_KEY_ID"}},
		"secret":          {[]string{"AWS_SECRET_ACCESS_KEY", ""}, []string{"AWS_SECRET_ACCESS_KEY"}},
		"token of a role": {[]string{"AWS_SESSION_TOKEN", ""}, []string{"AWS_SESSION_TOKEN"}},
		"two":             {[]string{"AWS_REGION", "", "AWS_SECRET_ACCESS_KEY", ""}, []string{"AWS_REGION", "AWS_SECRET_ACCESS_KEY"}},
		"bad address":     {[]string{"AWS_ENDPOINT_URL", "localhost:4566"}, []string{"AWS_ENDPOINT_URL"}},
		"bad SES address": {[]string{"AWS_ENDPOINT_URL_SESV2", "ftp://x"}, []string{"AWS_ENDPOINT_URL_SESV2"}},
		"no host":         {[]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://"}, []string{"AWS_ENDPOINT_URL_SECRETS_MANAGER"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := awsenv.From(lambda(tt.change...))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not name %s", err, want)
				}
			}
		})
	}
}

func TestLongTermKeysNeedNoSessionToken(t *testing.T) {
	t.Parallel()
	if _, err := awsenv.From(lambda("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE", "AWS_SESSION_TOKEN", "")); err != nil {
		t.Error(err)
	}
}

// Only one of two servers has the secret that the test reads.
func TestTheEndpointOfOneServiceComesFirst(t *testing.T) {
	t.Parallel()
	wrong, right := awstest.New(t), awstest.New(t)
	right.SetSecret("s", "found")
	tests := map[string]map[string]string{
		"one service":                     {"AWS_ENDPOINT_URL_SECRETS_MANAGER": right.URL},
		"every service":                   {"AWS_ENDPOINT_URL": right.URL},
		"one service before every":        {"AWS_ENDPOINT_URL": wrong.URL, "AWS_ENDPOINT_URL_SECRETS_MANAGER": right.URL},
		"every, although SES has its own": {"AWS_ENDPOINT_URL": right.URL, "AWS_ENDPOINT_URL_SESV2": wrong.URL},
		"SES's own is for SES only":       {"AWS_ENDPOINT_URL_SECRETS_MANAGER": right.URL, "AWS_ENDPOINT_URL_SESV2": wrong.URL},
	}
	for name, env := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := readSecret(t.Context(), configWith(t, right, env)); err != nil || got != "found" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestEndpointVariablesCanBeIgnored(t *testing.T) {
	t.Parallel()
	s := awstest.New(t)
	cfg := configWith(t, s, map[string]string{
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL": s.URL, "AWS_ENDPOINT_URL_SECRETS_MANAGER": s.URL,
	})
	if cfg.BaseEndpoint != nil {
		t.Errorf("BaseEndpoint = %q, want none", *cfg.BaseEndpoint)
	}
	if endpoint := secretsmanager.NewFromConfig(cfg).Options().BaseEndpoint; endpoint != nil {
		t.Errorf("the client's endpoint is %q, want none", *endpoint)
	}
}

// configWith returns a configuration with the server's credentials and only these
// endpoint variables.
func configWith(t *testing.T, s *awstest.Server, endpoints map[string]string) aws.Config {
	t.Helper()
	env := make(map[string]string)
	for _, pair := range s.Env() {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	delete(env, "AWS_ENDPOINT_URL")
	maps.Copy(env, endpoints)
	cfg, err := awsenv.From(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func readSecret(ctx context.Context, cfg aws.Config) (string, error) {
	out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("s")})
	if err != nil {
		return "", err
	}
	return *out.SecretString, nil
}

// This test changes the environment of the process, which the SDK reads too. So
// it does not run in parallel.
func TestConfigReadsTheEnvironmentOfTheProcess(t *testing.T) {
	wrong, right := awstest.New(t), awstest.New(t)
	right.SetSecret("s", "found")
	for _, pair := range right.Env() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	for _, urls := range []struct{ every, secretsManager string }{{right.URL, ""}, {wrong.URL, right.URL}} {
		t.Setenv("AWS_ENDPOINT_URL", urls.every)
		if urls.secretsManager != "" {
			t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", urls.secretsManager)
		}
		cfg, err := awsenv.Config()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := readSecret(t.Context(), cfg); err != nil || got != "found" {
			t.Errorf("%v: got %q, %v", urls, got, err)
		}
	}
}

func TestOnlyTransientFailuresAreRetried(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		failures []awstest.Failure
		calls    int
		ok       bool
	}{
		"one outage":    {awstest.Times(1, awstest.ServerError), 2, true},
		"throttled":     {awstest.Times(2, awstest.Throttle), 3, true},
		"long outage":   {awstest.Times(9, awstest.ServerError), 3, false},
		"no permission": {awstest.Times(9, awstest.AccessDenied), 1, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := awstest.New(t)
			s.SetSecret("s", "found")
			s.Fail(awstest.GetSecretValue, tt.failures...)
			_, err := readSecret(t.Context(), s.Config())
			if ok := err == nil; ok != tt.ok {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(tt.calls, s.Calls(awstest.GetSecretValue)); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAHangingAttemptIsGivenUp(t *testing.T) {
	t.Parallel()
	s := awstest.New(t)
	s.SetSecret("s", "found")
	s.Fail(awstest.GetSecretValue, awstest.Hang)
	start := time.Now()
	if got, err := readSecret(t.Context(), s.Config()); err != nil || got != "found" {
		t.Errorf("got %q, %v", got, err)
	}
	if took := time.Since(start); took < awsenv.AttemptTimeout || took > awsenv.AttemptTimeout+10*time.Second {
		t.Errorf("took %v, want little more than one attempt of %v", took, awsenv.AttemptTimeout)
	}
}

func TestTheCallersContextEndsAllAttempts(t *testing.T) {
	t.Parallel()
	s := awstest.New(t)
	s.Fail(awstest.GetSecretValue, awstest.Times(9, awstest.Hang)...)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := readSecret(ctx, s.Config()); err == nil {
		t.Error("no error")
	}
	if n := s.Calls(awstest.GetSecretValue); n > 1 {
		t.Errorf("%d calls after the caller gave up", n)
	}
}
