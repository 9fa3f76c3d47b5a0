package foreign_test

import (
	"errors"
	"strings"
	"testing"

	"roster/shared/credential/password/foreign"
)

// Whatever is stored, parsing does not panic, and it gives either a format or a
// reason that does not show the hash.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Stored)
	}
	for _, rows := range []map[string]string{tooMuch, malformed} {
		for _, stored := range rows {
			f.Add(stored)
		}
	}
	f.Fuzz(func(t *testing.T, stored string) {
		hash, err := foreign.Parse(stored)
		var refused foreign.Refused
		switch {
		case err == nil && hash.Format() == "":
			t.Errorf("%q has no format", stored)
		case err != nil && !errors.As(err, &refused):
			t.Errorf("%q: %v", stored, err)
		case err != nil && len(stored) > 16 && strings.Contains(err.Error(), stored):
			t.Errorf("%q: the reason shows it: %v", stored, err)
		}
		if err != nil || slow(vector{Stored: stored}) || !cheap(stored) {
			return
		}
		if hash.Matches("no password of these") {
			t.Errorf("a password matches %q", stored)
		}
	})
}

// cheap reports whether a hash is computed in microseconds.
func cheap(stored string) bool {
	return strings.HasPrefix(stored, "sha") || strings.HasPrefix(stored, "{")
}
