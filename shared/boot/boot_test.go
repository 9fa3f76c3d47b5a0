package boot_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/boot"
)

// canary stands in every value that must never be shown.
const canary = "canary-0123456789-ABCDEF-abcdefgh"

// env takes names and values in turns.
func env(pairs ...string) *boot.Environment {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return boot.FromMap(values)
}

// problem is what Check says, "" for nothing. It never shows a value.
func problem(t *testing.T, e *boot.Environment) string {
	t.Helper()
	err := e.Check()
	if err == nil {
		return ""
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("a value is shown: %v", err)
	}
	what, ok := strings.CutPrefix(err.Error(), "the configuration is not usable: ")
	if !ok {
		t.Errorf("the message begins with %q", err)
	}
	return what
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestOneTimeTokensHashAsBefore(t *testing.T) {
	t.Parallel()
	e := env("ROOT_KEY", "0123456789abcdefghijklmnopqrstuv")
	hash, ok := e.OneTimeTokens().Hash("3q2-7wEBAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs")
	check(t, "the token's form", ok, true)
	check(t, "its hash", hex.EncodeToString(hash), "d26af3be9b08bef164b87dfa4a244db43a71e5d3ef9ccf051dd0c1af4f772840")
	check(t, "its problem", problem(t, e), "")
	e = env()
	e.OneTimeTokens()
	check(t, "without a key", problem(t, e), "SECRET_KEY is missing")
}
