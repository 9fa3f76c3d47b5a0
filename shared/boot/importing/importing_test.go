package importing_test

import (
	"strings"
	"testing"

	"roster/shared/boot"
	"roster/shared/boot/importing"
	"roster/shared/credential/password"
)

// A hash is refused when no password could be verified against it later.
func TestHashesAreChecked(t *testing.T) {
	t.Parallel()
	const salt = "a salt of more than thirty-two bytes for the tests"
	parts := importing.Parts(boot.FromMap(map[string]string{"SECURITY_PASSWORD_SALT": salt}))
	for stored, want := range map[string]string{
		password.NewHasher(salt).Hash("password"):               "",
		password.NewHasher("").Hash("password"):                 "",
		password.NewHasher(salt + "x").Hash("password"):         "SECURITY_PASSWORD_SALT",
		"scrypt:32768:8:1$abcdefgh$" + strings.Repeat("0", 128): "",
		"plain$password": "is not hashed",
		"x":              "is in no known format",
	} {
		if got := parts.Hashes.CheckHash(stored); (got == "") != (want == "") || !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
			t.Errorf("%.30s: %q, want %q", stored, got, want)
		}
	}
	if one, other := parts.NewUUID(), parts.NewUUID(); one == other {
		t.Error("two accounts get the same UUID")
	}
}
