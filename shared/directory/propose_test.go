package directory_test

import (
	"testing"

	"roster/shared/directory"
	"roster/shared/user"
)

func TestProposedUsernames(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"Jürgen Müller":   "juergen.mueller",
		"ann@example.com": "ann.example.com",
		"_ann_":           "ann",
		"al":              "al1",
		"x":               "x01",
		"admin":           "admin1",
		"日本":              "",
		"   ":             "",
		"a very long name that is longer than thirty-two": "a.very.long.name.that.is.longer",
	} {
		if got := directory.ProposeUsername(given, user.Rules{}); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}
