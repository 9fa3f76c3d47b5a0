package cutover_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"roster/shared/boot"
	"roster/shared/boot/cutover"
	"roster/shared/credential/flasktoken"
	"roster/shared/fault"
)

const secret = "7f3c1d0b9a5e48f2c6b7d8e9f0a1b2c3d4e5f60718293a4b"

// in returns a time from now, as the setting has it.
func in(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }

func env(pairs ...string) *boot.Environment {
	values := map[string]string{
		"ROOT_KEY": "0123456789abcdefghijklmnopqrstuv", "PUBLIC_URL": "https://accounts.example.com",
		"DATABASE_URL": "postgres://roster@127.0.0.1:1/roster", // where nothing answers
	}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return boot.FromMap(values)
}

func TestTheEndOfACutOverIsRequired(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env  *boot.Environment
		want string // in the refusal; "" is none
	}{
		"off":          {env(), ""},
		"on":           {env("LEGACY_JWT_SECRET_KEY", secret, "LEGACY_TOKENS_UNTIL", in(89*24*time.Hour)), ""},
		"over":         {env("LEGACY_JWT_SECRET_KEY", secret, "LEGACY_TOKENS_UNTIL", "2020-01-01T00:00:00Z"), ""},
		"no end":       {env("LEGACY_JWT_SECRET_KEY", secret), "LEGACY_TOKENS_UNTIL is missing"},
		"no key":       {env("LEGACY_TOKENS_UNTIL", in(time.Hour)), "LEGACY_JWT_SECRET_KEY is missing"},
		"a far end":    {env("LEGACY_JWT_SECRET_KEY", secret, "LEGACY_TOKENS_UNTIL", in(91*24*time.Hour)), "LEGACY_TOKENS_UNTIL must be at most 90 days ahead"},
		"a day":        {env("LEGACY_JWT_SECRET_KEY", secret, "LEGACY_TOKENS_UNTIL", "2027-01-31"), "LEGACY_TOKENS_UNTIL must be a time such as"},
		"a short key":  {env("LEGACY_JWT_SECRET_KEY", "super-secret", "LEGACY_TOKENS_UNTIL", in(time.Hour)), "LEGACY_JWT_SECRET_KEY is too short"},
		"a simple key": {env("LEGACY_JWT_SECRET_KEY", strings.Repeat("ab", 20), "LEGACY_TOKENS_UNTIL", in(time.Hour)), "LEGACY_JWT_SECRET_KEY is too simple"},
	} {
		cutover.New(test.env)
		err := test.env.Check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "super-secret") {
			t.Errorf("%s: the message shows the key: %v", name, err)
		}
	}
}

// An outage of the database is no reason to log anybody out.
func TestAnOutageIsNoBadToken(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../credential/flasktoken/testdata/tokens.json")
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		At        int64
		Good, Bad map[string]string
	}
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	v := cutover.New(env("LEGACY_JWT_SECRET_KEY", secret, "LEGACY_TOKENS_UNTIL", in(time.Hour)))
	at := time.Unix(made.At, 0)
	if _, err := v.Verify(t.Context(), made.Good["access"], at); !errors.Is(err, fault.Unavailable) {
		t.Errorf("a good token without a database: %v", err)
	}
	for name, raw := range made.Bad {
		if _, err := v.Verify(t.Context(), raw, at); !errors.Is(err, flasktoken.ErrInvalid) || errors.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := cutover.New(env()).Verify(t.Context(), made.Good["access"], at); err == nil || errors.Is(err, fault.Unavailable) {
		t.Errorf("without the settings: %v", err)
	}
}
