package functions_test

import (
	"slices"
	"strings"
	"testing"
)

// A bad value of a setting must stop those who read it, by its name, and nobody
// else: a mistake in a mail header once took a whole sign-in service down.
func TestABadSettingStopsOnlyWhoReadsIt(t *testing.T) {
	t.Parallel()
	mails := []string{"forget_password", "seed_admin"}
	bearers := []string{"audit", "authorizer", "change_password", "delete_user", "end_session", "get_user", "login", "logout", "refresh", "sessions", "update_user"}
	sets := []string{"register", "reset_password", "reset_password_page", "seed_admin", "update_user", "change_password"}
	addresses := []string{"change_password", "delete_user", "end_session", "forget_password", "login", "logout", "refresh", "register", "reset_password", "reset_password_page", "update_user"}
	for name, test := range map[string]struct {
		settings settings
		refuse   []string
	}{
		"EDGE_SECRET":              {secret("TRUSTED_PROXIES", "1"), addresses},
		"TRUSTED_PROXIES":          {secret("TRUSTED_PROXIES", "6"), addresses},
		"MAIL_PORT":                {secret("MAIL_SERVER", "smtp.example.com", "MAIL_PORT", "smtp"), mails},
		"MAIL_USE_TLS":             {secret("MAIL_SERVER", "smtp.example.com", "MAIL_USE_TLS", "perhaps"), mails},
		"MAIL_FROM":                {variable("MAIL_FROM", "Roster <\r\nBcc: x@example.com>"), mails},
		"PASSWORD_BLOCKLIST":       {secret("PASSWORD_BLOCKLIST", "maybe"), nil}, // which of sets, their own tests say
		"PASSWORD_MIN_LENGTH":      {secret("PASSWORD_MIN_LENGTH", "-1"), nil},
		"AUTHORIZER_CACHE_SECONDS": {secret("AUTHORIZER_CACHE_SECONDS", "301"), []string{"authorizer"}},
		"SECURITY_PASSWORD_SALT":   {secret("SECURITY_PASSWORD_SALT", "short"), nil},
		"JWT_ALGORITHM":            {variable("JWT_ALGORITHM", "HS256"), []string{"rotate_keys"}},
		"JWT_KEYS":                 {secret("JWT_KEYS", "{}"), append([]string{"jwks"}, bearers...)},
		"JWT_CLAIMS":               {secret("JWT_CLAIMS", `{"sub":"x"}`), bearers},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newService(t, "postgres://roster@127.0.0.1:1/roster", test.settings)
			for folder, f := range v.functions {
				refuses := slices.Contains(test.refuse, folder)
				refused := v.refusal(t, folder)
				if test.refuse == nil { // all who set passwords, and login where it must check them
					refuses = slices.Contains(sets, folder) || (folder == "login" && refused != "")
				}
				if (refused != "") != refuses {
					t.Errorf("%s: %q, refuses %v", folder, refused, refuses)
				}
				if refused != "" && !strings.Contains(refused, name) {
					t.Errorf("%s: the message does not name %s: %s", folder, name, refused)
				}
				f.Close() // a process fewer
			}
		})
	}
}
