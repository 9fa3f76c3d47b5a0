package boot_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/boot"
)

// canary is in every value that must never be shown.
const canary = "canary-0123456789-ABCDEF-abcdefgh"

// env takes pairs of a name and a value.
func env(pairs ...string) *boot.Environment {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return boot.FromMap(values)
}

// rejection returns what Check reports, or "". It fails the test if that shows a
// value.
func rejection(t *testing.T, e *boot.Environment) string {
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

// If this test fails, do not change the hash: the release would make every
// mailed link of every deployment invalid.
func TestOneTimeTokensHashAsBefore(t *testing.T) {
	t.Parallel()
	e := env("ROOT_KEY", "0123456789abcdefghijklmnopqrstuv")
	hash, ok := e.OneTimeTokens().Hash("3q2-7wEBAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs")
	check(t, "the token is well-formed", ok, true)
	check(t, "its hash", hex.EncodeToString(hash), "d26af3be9b08bef164b87dfa4a244db43a71e5d3ef9ccf051dd0c1af4f772840")
	check(t, "what is rejected", rejection(t, e), "")
	e = env()
	e.OneTimeTokens()
	check(t, "without a key", rejection(t, e), "SECRET_KEY is missing")
}
