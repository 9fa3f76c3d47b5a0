package functions_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// A bad value of a setting must stop the functions that need it, with its name
// in the message, and no others: a mistake in a mail header once took a whole
// sign-in service down. Which functions need it, parts in facts_test.go says.
func TestABadSettingStopsOnlyWhoReadsIt(t *testing.T) {
	t.Parallel()
	tests := map[string]settings{
		"MAIL_PORT":                secret("MAIL_SERVER", "smtp.example.com", "MAIL_PORT", "smtp"),
		"MAIL_USE_TLS":             secret("MAIL_SERVER", "smtp.example.com", "MAIL_USE_TLS", "perhaps"),
		"REGISTRATION":             variable("REGISTRATION", "shut"),
		"MAIL_FROM":                variable("MAIL_FROM", "Roster <\r\nBcc: x@example.com>"),
		"PASSWORD_BLOCKLIST":       secret("PASSWORD_BLOCKLIST", "maybe"),
		"PASSWORD_MIN_LENGTH":      secret("PASSWORD_MIN_LENGTH", "-1"),
		"EDGE_SECRET":              secret("TRUSTED_PROXIES", "1"),
		"TRUSTED_PROXIES":          secret("TRUSTED_PROXIES", "6"),
		"AUDIT_ERASE_DELETED":      secret("AUDIT_ERASE_DELETED", "-1"),
		"AUDIT_RETENTION":          secret("AUDIT_RETENTION", "many"),
		"AUTHORIZER_CACHE_SECONDS": secret("AUTHORIZER_CACHE_SECONDS", "301"),
		"SECURITY_PASSWORD_SALT":   secret("SECURITY_PASSWORD_SALT", "short"),
		"JWT_ALGORITHM":            secret("JWT_ALGORITHM", "HS256"),
		"JWT_KEYS":                 secret("JWT_KEYS", "{}", "JWT_SECRET_KEY", canary),
		"JWT_PUBLIC_KEYS":          secret("JWT_PUBLIC_KEYS", "{}"),
		"LEGACY_PATHS":             secret("LEGACY_PATHS", "perhaps"),
		"LEGACY_JWT_SECRET_KEY":    secret("LEGACY_JWT_SECRET_KEY", "super-secret", "LEGACY_TOKENS_UNTIL", "2020-01-01T00:00:00Z"),
		"LEGACY_TOKENS_UNTIL":      secret("LEGACY_JWT_SECRET_KEY", canary),
		"JWT_CLAIMS":               secret("JWT_CLAIMS", `{"sub":"x"}`),
	}
	for call, p := range parts {
		for _, setting := range p.checked {
			if _, tested := tests[setting]; !tested {
				t.Errorf("parts says that %s checks %s: add a bad value of it here", call, setting)
			}
		}
	}
	for setting, bad := range tests {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			v := newService(t, "postgres://roster@127.0.0.1:1/roster", bad)
			stopped := 0
			for _, folder := range stepsLast(v) {
				f := v.functions[folder]
				refusal, want := v.refusal(t, folder), mains(t)[folder].stoppedBy(setting)
				if (refusal != "") != want {
					t.Errorf("%s must refuse: %v; it says %q", folder, want, refusal)
				}
				if refusal != "" {
					stopped++
					if !strings.Contains(refusal, setting) {
						t.Errorf("%s: the message does not name %s: %s", folder, setting, refusal)
					}
				}
				f.Close() // a process fewer
			}
			if stopped == 0 {
				t.Error("no function was stopped")
			}
		})
	}
}

// stepsLast returns the folders of all functions. The steps of a deployment come
// last, because asking one whether it refuses runs it: rotate_keys repairs a
// damaged copy of the public keys.
func stepsLast(v *service) []string {
	return slices.SortedFunc(maps.Keys(v.functions), func(a, b string) int {
		if special[a].isStep != special[b].isStep {
			if special[a].isStep {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
}
