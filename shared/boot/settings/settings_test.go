package settings_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/boot/settings"
)

// canary is in every value that must never be shown.
const canary = "canary-0123456789-ABCDEF-abcdefgh"

// env takes pairs of a name and a value.
func env(pairs ...string) *settings.Environment {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return settings.FromMap(values)
}

// rejection returns what Check reports, or "". It fails the test if that shows a
// value.
func rejection(t *testing.T, e *settings.Environment) string {
	t.Helper()
	err := e.Check()
	if err == nil {
		return ""
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("a value is shown: %v", err)
	}
	reasons, ok := strings.CutPrefix(err.Error(), "the configuration is not usable: ")
	if !ok {
		t.Errorf("the message begins with %q", err)
	}
	return reasons
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestRequiredRejectsAMissingValue(t *testing.T) {
	t.Parallel()
	e := env("A", "a")
	check(t, "a value", e.Required("A"), "a")
	check(t, "what is rejected", rejection(t, e), "")
	check(t, "no value", e.Required("B"), "")
	check(t, "what is rejected", rejection(t, e), "B is missing")
	e = env("EMPTY", "")
	check(t, "an empty value", e.Required("EMPTY"), "")
	check(t, "what is rejected", rejection(t, e), "EMPTY is missing")
}

func TestOptionalFallsBack(t *testing.T) {
	t.Parallel()
	e := env("A", "a", "EMPTY", "")
	check(t, "a value", e.Optional("A", "b"), "a")
	check(t, "no value", e.Optional("B", "b"), "b")
	check(t, "an empty value", e.Optional("EMPTY", "b"), "b")
	check(t, "what is rejected", rejection(t, e), "")
}

func TestIntRejectsWhatIsNotANumberWithinBounds(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"": 8, "8": 8, "9": 9, "64": 64, "+12": 12} {
		e := env("N", value)
		check(t, value, e.Int("N", 8, 8, 64), want)
		check(t, "what is rejected with "+value, rejection(t, e), "")
	}
	for _, value := range []string{"7", "65", "-8", "8.0", "8 ", "eight", "0x10", "99999999999999999999", canary} {
		e := env("N", value)
		check(t, value, e.Int("N", 8, 8, 64), 8)
		check(t, "what is rejected with "+value, rejection(t, e), "N must be a whole number from 8 to 64")
	}
}

func TestBoolReadsTheUsualWords(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"true": true, "True": true, "TRUE": true, "on": true, "yes": true, "1": true,
		"false": false, "False": false, "off": false, "no": false, "0": false,
	} {
		e := env("S", value)
		check(t, value, e.Bool("S", !want), want)
		check(t, "what is rejected with "+value, rejection(t, e), "")
	}
	for _, fallback := range []bool{true, false} {
		check(t, "no value", env().Bool("S", fallback), fallback)
		for _, value := range []string{"maybe", "2", " true", canary} {
			e := env("S", value)
			check(t, value, e.Bool("S", fallback), fallback)
			check(t, "what is rejected with "+value, rejection(t, e), "S must be true or false")
		}
	}
}

func TestOriginRejectsWhatIsNotAnOrigin(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"https://accounts.example.com":  "https://accounts.example.com",
		"https://accounts.example.com/": "https://accounts.example.com",
		"http://127.0.0.1:3000":         "http://127.0.0.1:3000",
	} {
		e := env("O", value)
		check(t, value, e.Origin("O"), want)
		check(t, "what is rejected with "+value, rejection(t, e), "")
	}
	for _, value := range []string{
		"accounts.example.com", "ftp://a.example", "https://", "https://a.example/app", "https://a.example?x", "https://a.example#x",
		"https://u:p@a.example", "https://a.example\n", "https://a.example:port", "javascript:alert(1)", "https://a b",
		"HTTPS://" + canary + "/x",
	} {
		e := env("O", value)
		e.Origin("O")
		check(t, value, rejection(t, e), "O must be an origin such as https://accounts.example.com")
	}
	e := env()
	e.Origin("O")
	check(t, "no value", rejection(t, e), "O is missing")
}

func TestCheckReportsEveryRejectedVariable(t *testing.T) {
	t.Parallel()
	e := env("N", "x", "MAIL_FROM", "y")
	e.Required("Z")
	e.Int("N", 1, 1, 2)
	e.AddError("MAIL_FROM", errors.New("MAIL_FROM is not an e-mail address"))
	e.Required("B")
	e.Required("B")
	check(t, "the message", rejection(t, e), "B is missing; MAIL_FROM (is not an e-mail address); N must be a whole number from 1 to 2; Z is missing")
}

func TestAPrintedEnvironmentShowsNoValue(t *testing.T) {
	t.Parallel()
	e := env("SECRET_KEY", canary)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "env", e)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "env", e)
	if shown := log.String() + fmt.Sprintf("%v %+v %#v %s %q", e, e, e, e, e); strings.Contains(shown, "canary") {
		t.Errorf("shown: %s", shown)
	}
}
