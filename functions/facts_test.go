package functions_test

import "cmp"

// Each fact about a function has one place. Its routes, memory and rights are in
// template.yaml. Its parts are in its main.go, and the table parts says what each
// part needs. What is true of one function alone is in the table special. So a new
// function with known parts needs no line in any of these tests.

// part is something that a main calls to put its function together, and what the
// function needs for it.
type part struct {
	variables []string // that template.yaml must give the function
	required  []string // settings without which the function does not start
	checked   []string // settings whose bad value stops the function
	policies  []string // of template.yaml
	hashes    bool     // the function may hash a password
}

var (
	withDatabase = part{
		variables: []string{"DATABASE_AUTH", "SECRET_ARN", "SETTINGS_SECRET_ARN"}, policies: []string{"ReadDatabase", "ReadSettings"},
	}
	settingsOnly = part{variables: []string{"SETTINGS_SECRET_ARN"}, policies: []string{"ReadSettings"}}
	secretKey    = part{required: []string{"SECRET_KEY"}, variables: []string{"KEYS_SECRET_ARN"}, policies: []string{"ReadKeys"}}
	accessTokens = part{
		variables: []string{"KEYS_SECRET_ARN", "PUBLIC_URL"}, policies: []string{"ReadPublic"}, required: []string{"JWT_SECRET_KEY", "PUBLIC_URL"},
		checked: []string{"JWT_PUBLIC_KEYS", "JWT_CLAIMS"},
	}
)

// parts are the calls of package boot, of the packages below it and of the
// environment, as a main writes them.
var parts = map[string]part{
	"boot.Build":     withDatabase,
	"boot.Load":      withDatabase,
	"settings.Build": settingsOnly,
	"settings.Load":  settingsOnly,

	"env.Postgres":      {required: []string{"DATABASE_URL"}},
	"env.OneTimeTokens": secretKey,
	"env.RefreshTokens": secretKey,
	"env.DeviceTokens":  secretKey,
	"env.Passwords": {
		variables: []string{"KEYS_SECRET_ARN"}, policies: []string{"ReadKeys"}, hashes: true,
		checked: []string{"PASSWORD_MIN_LENGTH", "SECURITY_PASSWORD_SALT"},
	},
	"policy.Passwords": {
		variables: []string{"KEYS_SECRET_ARN", "PASSWORD_MIN_LENGTH"}, policies: []string{"ReadKeys"}, hashes: true,
		checked: []string{"PASSWORD_BLOCKLIST", "PASSWORD_MIN_LENGTH", "SECURITY_PASSWORD_SALT"},
	},

	"tokens.New": accessTokens,
	"cutover.New": {
		variables: accessTokens.variables, required: accessTokens.required, policies: accessTokens.policies,
		checked: append([]string{"LEGACY_JWT_SECRET_KEY", "LEGACY_TOKENS_UNTIL"}, accessTokens.checked...),
	},
	"signing.New": {
		variables: accessTokens.variables, required: accessTokens.required,
		checked: []string{"JWT_KEYS", "JWT_CLAIMS"}, policies: []string{"SignTokens"},
	},
	"keys.New": {variables: []string{"KEYS_SECRET_ARN"}, policies: []string{"ReadPublic"}, checked: []string{"JWT_PUBLIC_KEYS"}},
	"rotating.Run": {
		variables: []string{"JWT_KMS_KEY", "KEYS_SECRET_ARN", "PUBLIC_SECRET_ARN"}, checked: []string{"JWT_ALGORITHM"},
		policies: []string{"ChangeKeys"},
	},

	"mailing.Notices": {
		variables: []string{"MAIL_FROM", "PUBLIC_URL"}, required: []string{"MAIL_FROM", "PUBLIC_URL"},
		checked: []string{"MAIL_FROM", "MAIL_PORT", "MAIL_USE_TLS"}, policies: []string{"SendMail"},
	},
	// A function for which mail is optional starts without it: a mistake in a mail
	// header once took a whole sign-in service down.
	"mailing.OptionalNotices": {
		variables: []string{"MAIL_FROM", "PUBLIC_URL"}, required: []string{"PUBLIC_URL"}, policies: []string{"SendMail"},
	},

	"importing.Parts": {
		variables: []string{"KEYS_SECRET_ARN"}, policies: []string{"ReadKeys", "ReadImports"},
		checked: []string{"SECURITY_PASSWORD_SALT"},
	},

	"env.PublicURL":       {variables: []string{"PUBLIC_URL"}, required: []string{"PUBLIC_URL"}},
	"env.AuditRetention":  {variables: []string{"AUDIT_RETENTION"}, checked: []string{"AUDIT_ERASE_DELETED", "AUDIT_RETENTION"}},
	"env.OpenOwner":       {variables: []string{"MIGRATE_DATABASE_USER", "MIGRATE_SECRET_ARN"}, policies: []string{"ReadMigrate"}},
	"env.Cursors":         {required: []string{"AUDIT_KEY"}}, // or JWT_SECRET_KEY, which its tokens need where there is no ring
	"env.Admin":           {variables: []string{"ADMIN_EMAIL"}, required: []string{"ADMIN_EMAIL"}},
	"env.Migrator":        {variables: []string{"MIGRATE_DATABASE_USER", "MIGRATE_SECRET_ARN"}, policies: []string{"ReadMigrate"}},
	"env.AuthorizerCache": {checked: []string{"AUTHORIZER_CACHE_SECONDS"}},
	"env.Registration":    {variables: []string{"REGISTRATION"}, checked: []string{"REGISTRATION"}},
	"env.Edge":            {checked: []string{"EDGE_SECRET", "TRUSTED_PROXIES"}},

	// These need nothing: each of their settings has a default.
	"env.AuditKey":                        {}, // without it the entries of the audit log have no MAC
	"env.Limits":                          {},
	"env.SessionRules":                    {},
	`env.Bool("LEGACY_PATHS")`:            {checked: []string{"LEGACY_PATHS"}},
	`env.Bool("RESET_TOKEN_IN_RESPONSE")`: {}, // for development; no deployment has it
	"env.Check":                           {},
	"env.MustBeUsable":                    {},
	"env.AppName":                         {},
	"env.ReturnURL":                       {},
	"env.AssumePublicURL":                 {},
}

// facts are true of one function alone.
type facts struct {
	timeout     int  // seconds; 0 for the usual timeout
	computes    bool // it has the memory, and so the processor, of a function that hashes
	connections int  // to the database, of one execution; 0 for the usual one
	isSeed      bool // it makes the schema
	isStep      bool // CloudFormation calls it in a deployment and waits for its answer
	answersHTML bool
	why         string
}

var special = map[string]facts{
	"reset_password_page": {answersHTML: true, why: "a person reads its answers in a browser, including its errors"},
	"import_users": {
		timeout: 900, computes: true,
		why: "a file may take minutes, and reading it takes as much of a processor as storing it",
	},
	"rotate_keys": {
		timeout: 60, isStep: true,
		why: "making an RSA key takes seconds in a small function; it starts with bad settings, too, because CloudFormation waits " +
			"for its answer; its traffic does not move in steps",
	},
	"seed_admin": {
		timeout: 120, connections: 2, isSeed: true, isStep: true,
		why: "it may migrate large tables; it starts with bad settings, too, because CloudFormation waits for its answer; " +
			"its traffic does not move in steps; it opens its connections one after the other, and the one before may still be closing",
	},
}

// timeoutOf returns a function's timeout in seconds. The usual one is above the
// handlers' own deadline of 5 s, and below API Gateway's 30 s.
func timeoutOf(folder string) int { return cmp.Or(special[folder].timeout, 10) }
