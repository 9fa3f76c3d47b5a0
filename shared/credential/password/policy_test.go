package password_test

import (
	"strings"
	"testing"

	"roster/shared/credential/password"
)

func TestThePolicyBoundsTheLengthInCodePoints(t *testing.T) {
	t.Parallel()
	long := password.Policy{MinLength: 15}
	for _, c := range []struct {
		name     string
		policy   password.Policy
		password string
		want     string
	}{
		{"none", password.DefaultPolicy, "", "must have at least 8 characters"},
		{"7", password.DefaultPolicy, "zebra-x", "must have at least 8 characters"},
		{"8", password.DefaultPolicy, "zebra-xy", ""},
		{"7 with a combining accent", password.DefaultPolicy, "zebra-e\u0301", "must have at least 8 characters"},
		{"8 with a combining accent", password.DefaultPolicy, "zebra-xe\u0301", ""},
		{"7 emoji", password.DefaultPolicy, "🦓🦓🦓🦓🦓🦓🦓", "must have at least 8 characters"},
		{"8 emoji", password.DefaultPolicy, "🦓🔑🌍🎷🧀🚲🪁🧵", ""},
		{"256", password.DefaultPolicy, strings.Repeat("zebra-xy", 32), ""},
		{"257", password.DefaultPolicy, strings.Repeat("zebra-xy", 32) + "z", "must have at most 256 characters"},
		{"256 emoji, 1 KiB", password.DefaultPolicy, strings.Repeat("🦓", 256), ""},
		{"257 emoji", password.DefaultPolicy, strings.Repeat("🦓", 257), "must have at most 256 characters"},
		{"512 code points that are 256 after NFC", password.DefaultPolicy, strings.Repeat("e\u0301", 256), ""},
		{"14 of 15", long, "zebra-xy-kite-", "must have at least 15 characters"},
		{"15 of 15", long, "zebra-xy-kite-7", ""},
	} {
		if got := c.policy.Check(c.password); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// ASVS 6.2.5: no mix of characters is required, and no character is forbidden.
func TestThePolicyAllowsAnyCharacters(t *testing.T) {
	t.Parallel()
	for _, pw := range []string{
		"zebrakitemoon", "ZEBRAKITEMOON", "8361947250613", "               a", "  zebra kite  ", "<b>'; drop--",
		"зебра и змей", "斑马风筝月亮自行车",
	} {
		if reason := password.DefaultPolicy.Check(pw); reason != "" {
			t.Errorf("%q: %s", pw, reason)
		}
	}
}

func TestThePolicyRefusesTheAccountsOwnNames(t *testing.T) {
	t.Parallel()
	const reason = "must not be one of the account's own names"
	names := []string{"wilhelmina", "Ren\u00e9e-Marie", "van der Berg", "wilhelmina@example.com", "Zoe\u0308-Beatrix", ""}
	for pw, want := range map[string]string{
		"wilhelmina":                  reason,
		"WilHelMina":                  reason,
		"van der berg":                reason,
		"VAN DER BERG":                reason,
		"wilhelmina@EXAMPLE.com":      reason,
		"rene\u0301e-marie":           reason, // the other encoding of é
		"REN\u00c9E-MARIE":            reason,
		"zo\u00eb-beatrix":            reason,
		"wilhelmina-7":                "",
		"my wilhelmina":               "",
		"wilhelmina@example.com.kite": "",
	} {
		if got := password.DefaultPolicy.Check(pw, names...); got != want {
			t.Errorf("%q: %q, want %q", pw, got, want)
		}
	}
	if got := password.DefaultPolicy.Check("wilhelmina"); got != "" {
		t.Errorf("without a context: %q", got)
	}
}

// The list is asked last, with the password in NFC.
func TestThePolicyRefusesCommonPasswords(t *testing.T) {
	t.Parallel()
	asked := ""
	policy := password.Policy{MinLength: 8, Common: func(p string) bool { asked = p; return p == "caf\u00e9-caf\u00e9" }}
	for pw, want := range map[string]string{
		"cafe\u0301-cafe\u0301": "is too common",
		"caf\u00e9-caf\u00e9":   "is too common",
		"zebra-xy":              "",
	} {
		if got := policy.Check(pw); got != want {
			t.Errorf("%q: %q, want %q", pw, got, want)
		}
	}
	asked = ""
	for _, pw := range []string{"zebra-x", "wilhelmina", "zebra" + strings.Repeat("-", 256)} {
		if policy.Check(pw, "wilhelmina") == "" || asked != "" {
			t.Errorf("%q: not refused, or the list was asked for %q", pw, asked)
		}
	}
	if got := password.DefaultPolicy.Check("caf\u00e9-caf\u00e9"); got != "" {
		t.Errorf("without a list: %q", got)
	}
}
