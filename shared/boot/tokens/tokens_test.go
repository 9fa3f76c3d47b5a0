package tokens_test

import (
	"testing"
	"time"

	"roster/shared/boot"
	"roster/shared/boot/tokens"
	"roster/shared/request"
)

const (
	rootKey = "0123456789abcdefghijklmnopqrstuv"
	origin  = "https://accounts.example.com"
	subject = "01939e6e-5a7c-7bd0-8f0e-3a1f5d0c9b42"
	session = "01939e6e-5a7c-7bd0-8f0e-3a1f5d0c9b43"
	// signed was made with another program, with the key, issuer, audience and
	// form that every release has. A release that refuses it logs everybody out.
	signed = "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9." +
		"eyJpc3MiOiJodHRwczovL2FjY291bnRzLmV4YW1wbGUuY29tIiwic3ViIjoiMDE5MzllNmUtNWE3Yy03YmQwLThmMGUtM2ExZjVkMGM5YjQyIiwiYXVkIjpbInJvc3Rlci" +
		"JdLCJleHAiOjE3Njc2MDYwMDAsIm5iZiI6MTc2NzYwNTQwMCwiaWF0IjoxNzY3NjA1NDAwLCJqdGkiOiJNRlJHR1pERk1aVFdRMkxLTk5XRzIzVFBPQiIsInNpZCI6IjAxOTM5ZTZlLTVhN2MtN2JkMC04ZjBlLTNhMWY1ZDBjOWI0MyIsInJvbGUiOiJVU0VSIiwidmVyIjo3fQ." +
		"PrVPPflaDQjkzeIiWciHLWbOSwisjgTAOnUgMTcmcHI"
)

func env(pairs ...string) *boot.Environment {
	values := map[string]string{"ROOT_KEY": rootKey, "PUBLIC_URL": origin}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return boot.FromMap(values)
}

func TestTokensOfOtherReleasesAreAccepted(t *testing.T) {
	t.Parallel()
	e := env()
	got, err := tokens.New(e).Verify(t.Context(), signed, time.Unix(1767605400, 0))
	if want := (request.Caller{UUID: subject, Session: session, TokenVersion: 7}); got != want || err != nil || e.Check() != nil {
		t.Errorf("%+v, %v, %v", got, err, e.Check())
	}
}

func TestTokensOfOtherDeploymentsAreRefused(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]*boot.Environment{
		"another key":      env("ROOT_KEY", "zyxwvutsrqponmlkjihgfedcba987654"),
		"a key of its own": env("JWT_SECRET_KEY", "0123456789abcdefghijklmnopqrstuv"),
		"another issuer":   env("PUBLIC_URL", "https://accounts.example.org"),
	} {
		if _, err := tokens.New(e).Verify(t.Context(), signed, time.Unix(1767605400, 0)); err == nil || e.Check() != nil {
			t.Errorf("%s: %v, %v", name, err, e.Check())
		}
	}
}

func TestMissingTokenSettingsAreNamed(t *testing.T) {
	t.Parallel()
	e := boot.FromMap(map[string]string{})
	if tokens.New(e) == nil {
		t.Error("New returned nil")
	}
	const want = "the configuration is not usable: JWT_SECRET_KEY is missing; PUBLIC_URL is missing"
	if err := e.Check(); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
