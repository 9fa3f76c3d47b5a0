package settings_test

import (
	"testing"

	"roster/shared/boot/settings"
)

func TestAMisspelledMemberStopsTheStart(t *testing.T) {
	t.Parallel()
	for member, near := range map[string]string{
		"PASSWORD_MIN_LENGHT": "PASSWORD_MIN_LENGTH", "PASSWORD_MIN_LENGT": "PASSWORD_MIN_LENGTH", "PASWORD_MIN_LENGTH": "PASSWORD_MIN_LENGTH",
		"TRUSTED_PROXY": "", "TRUSTED_PROXYS": "TRUSTED_PROXIES", "LIMIT_LOGIN_NETWORKS": "LIMIT_LOGIN_NETWORK", "SESION_MAX": "SESSION_MAX",
		"EDGE_SECRETS": "EDGE_SECRET", "MAIL_SERVR": "MAIL_SERVER",
		// Other programs' names, other forms, and names of a later version.
		"AWS_REGION": "", "PGPASSWORD": "", "username": "", "password": "", "engine": "", "Database_Url": "", "A": "", "CORS_ORIGINS": "",
		"SECOND_FACTOR": "", "MAIL_SERVER": "",
	} {
		e := settings.WithSecret(t.Context(), map[string]string{"PASSWORD_MIN_LENGHTS": "the environment is other programs', too"},
			fakeSecret{get: map[string]string{member: "canary-0123456789"}})
		want := ""
		if near != "" {
			want = member + " is no setting of Roster; did you mean " + near + "?"
		}
		check(t, member, rejection(t, e), want)
	}
}

// No name is taken for a misspelling of another.
func TestEachNameIsItself(t *testing.T) {
	t.Parallel()
	for _, name := range settings.Names {
		check(t, name, settings.DidYouMean(name), "")
	}
}
