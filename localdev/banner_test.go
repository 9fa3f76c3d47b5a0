package main

import (
	"slices"
	"strings"
	"testing"
)

// A start without an admin does not speak of a password that nobody has.
func TestTheBannerSpeaksOfAnAdminThatIsThere(t *testing.T) {
	t.Parallel()
	a := admin{username: "admin", note: "the account exists; nothing to do"}
	const want = "ask for a link at http://127.0.0.1:3000/forgot_password"
	if got := a.describe("http://127.0.0.1:3000"); !strings.Contains(got, want) {
		t.Errorf("%q, want %q in it", got, want)
	}
	a.note, a.missing = "the account exists and is not active; it was left as it is", true
	if got := a.describe("http://127.0.0.1:3000"); strings.Contains(got, "password") || !strings.Contains(got, a.note) {
		t.Errorf("without an admin: %q", got)
	}
}

// The list of differences follows what the functions make of a value, not how it
// is spelled.
func TestDifferencesAreWhatIsInForce(t *testing.T) {
	t.Parallel()
	const shown, common = "forget_password shows the reset token in its answer", "common passwords may be used"
	for _, c := range []struct {
		response, blocklist string
		want                bool
	}{{"true", "off", true}, {"yes", "no", true}, {"1", "FALSE", true}, {"false", "on", false}, {"off", "yes", false}} {
		list := settings{values: map[string]string{"RESET_TOKEN_IN_RESPONSE": c.response, "PASSWORD_BLOCKLIST": c.blocklist}}.listDifferences()
		for _, part := range []string{shown, common} {
			if got := slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, part) }); got != c.want {
				t.Errorf("RESET_TOKEN_IN_RESPONSE=%s PASSWORD_BLOCKLIST=%s: %q is listed: %v", c.response, c.blocklist, part, got)
			}
		}
	}
}
