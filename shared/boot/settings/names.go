package settings

import (
	"maps"
	"regexp"
	"slices"
)

// Names are all variables of Roster. docs/configuration.md describes each, and a
// test compares the two.
var Names = []string{
	"ADMIN_EMAIL", "ADMIN_PASSWORD", "ADMIN_USERNAME", "API_URL", "APP_NAME", "AUDIT_ERASE_DELETED", "AUDIT_KEY", "AUDIT_RETENTION",
	"AUTHORIZER_CACHE_SECONDS",
	"CORS_ORIGINS", "DATABASE_AUTH",
	"DATABASE_CA", "DATABASE_PREPARE", "DATABASE_URL", "EDGE_SECRET", "JWT_ALGORITHM", "JWT_AUDIENCE", "JWT_CLAIMS", "JWT_KEYS",
	"JWT_KMS_KEY", "JWT_PUBLIC_KEYS", "JWT_ROTATION_DAYS", "JWT_SECRET_KEY", "KEYS_SECRET_ARN",
	"LEGACY_JWT_SECRET_KEY", "LEGACY_PATHS", "LEGACY_TOKENS_UNTIL",
	"LIMIT_ADMIN_MAIL", "LIMIT_EMAIL_ACCOUNT", "LIMIT_EXPORT_ACCOUNT", "LIMIT_FORGET_ACCOUNT", "LIMIT_FORGET_NETWORK", "LIMIT_LOGIN_ACCOUNT_NETWORK",
	"LIMIT_LOGIN_IN_A_ROW", "LIMIT_LOGIN_NETWORK", "LIMIT_REGISTER_NETWORK", "LIMIT_RESET_NETWORK",
	"LOCALDEV_POSTGRES", "MAIL_CA", "MAIL_FROM", "MAIL_PASSWORD", "MAIL_PORT", "MAIL_SERVER", "MAIL_USERNAME",
	"MAIL_USE_TLS", "MIGRATE_DATABASE_URL", "MIGRATE_DATABASE_USER", "MIGRATE_SECRET_ARN", "PASSWORD_BLOCKLIST",
	"PASSWORD_BREACH_URL", "PASSWORD_MIN_LENGTH", "PUBLIC_SECRET_ARN", "PUBLIC_URL", "REFRESH_GRACE_SECONDS",
	"REGISTRATION", "RESET_TOKEN_IN_RESPONSE", "RETURN_URL", "ROOT_KEY", "SECRET_ARN", "SECRET_KEY", "SECURITY_PASSWORD_SALT",
	"SESSION_HOURS", "SESSION_IDLE_HOURS", "SESSION_MAX", "SETTINGS_SECRET_ARN", "TRUSTED_PROXIES",
}

// nameForm is how the names of Roster's variables look. A secret may have other
// members too, such as the username that Secrets Manager rotates.
var nameForm = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)

// rejectMisspelled rejects each member that nearly has the name of a variable: it
// would be ignored without a word. A member whose name is like no other is left
// alone. It may be for another program, or for a later version of Roster whose
// deployment was rolled back.
func (e *Environment) rejectMisspelled(members map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if near := DidYouMean(name); nameForm.MatchString(name) && near != "" {
			e.Reject(name, "is no setting of Roster; did you mean "+near+"?")
		}
	}
}

// DidYouMean returns the variable that a name is probably meant to be, or "" if
// there is none or the name is right.
func DidYouMean(name string) string {
	if slices.Contains(Names, name) {
		return ""
	}
	best, least := "", 3 // two mistakes at most
	for _, known := range Names {
		if d := distance(name, known); d < least && d < len(known)/3 {
			best, least = known, d
		}
	}
	return best
}

// distance is how many characters must be added, removed, replaced or exchanged
// with their neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
