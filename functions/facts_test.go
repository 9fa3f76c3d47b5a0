package functions_test

import "cmp"

// A fact about a function has one place. Its route, memory and rights are in
// template.yaml. What it is made of is in its main.go, and parts says what each
// part brings with it. What is true of one function alone is in special. So a
// new function that is made of known parts needs no line in any test.

// part is something that a main calls to put its function together. Each field
// says what a function with that part has.
type part struct {
	variables []string // which template.yaml must give it
	required  []string // settings without which it does not start
	checked   []string // settings with which it does not start when they are bad
	policies  []string // of template.yaml
	hashes    bool     // it may hash a password
}

var (
	readsSecret  = part{variables: []string{"SECRET_ARN"}, policies: []string{"ReadSecret"}}
	secretKey    = part{required: []string{"SECRET_KEY"}}
	accessTokens = part{
		variables: []string{"PUBLIC_URL"}, required: []string{"JWT_SECRET_KEY", "PUBLIC_URL"},
		checked: []string{"JWT_KEYS", "JWT_CLAIMS"},
	}
)

// parts are all calls to package boot and below, by the names that a main has
// for them.
var parts = map[string]part{
	"boot.Build":     readsSecret,
	"boot.Load":      readsSecret,
	"settings.Build": readsSecret,
	"settings.Load":  readsSecret,

	"env.Postgres":      {required: []string{"DATABASE_URL"}},
	"env.OneTimeTokens": secretKey,
	"env.Refresh":       secretKey,
	"env.Devices":       secretKey,
	"env.Passwords":     {checked: []string{"PASSWORD_MIN_LENGTH", "SECURITY_PASSWORD_SALT"}, hashes: true},
	"policy.Passwords": {
		variables: []string{"PASSWORD_MIN_LENGTH"}, hashes: true,
		checked: []string{"PASSWORD_BLOCKLIST", "PASSWORD_MIN_LENGTH", "SECURITY_PASSWORD_SALT"},
	},

	"tokens.New": accessTokens,
	"signing.New": {
		variables: accessTokens.variables, required: accessTokens.required, checked: accessTokens.checked,
		policies: []string{"SignTokens"},
	},
	"keys.New": {checked: []string{"JWT_KEYS"}},
	"rotating.Job": {
		variables: []string{"JWT_ALGORITHM", "JWT_KMS_KEY", "JWT_ROTATION_DAYS"}, checked: []string{"JWT_ALGORITHM"},
		policies: []string{"ChangeSecret"},
	},

	"mailing.Notices": {
		variables: []string{"MAIL_FROM", "PUBLIC_URL"}, required: []string{"MAIL_FROM", "PUBLIC_URL"},
		checked: []string{"MAIL_FROM", "MAIL_PORT", "MAIL_USE_TLS"}, policies: []string{"SendMail"},
	},
	// A function that only may mail starts without: a mistake in a mail header
	// once took a whole sign-in service down.
	"mailing.OptionalNotices": {variables: []string{"MAIL_FROM", "PUBLIC_URL"}, policies: []string{"SendMail"}},

	`env.Origin("PUBLIC_URL")`: {variables: []string{"PUBLIC_URL"}, required: []string{"PUBLIC_URL"}},
	"env.Admin":                {variables: []string{"ADMIN_EMAIL", "ADMIN_USERNAME"}, required: []string{"ADMIN_EMAIL"}},
	"env.AuthorizerCache":      {checked: []string{"AUTHORIZER_CACHE_SECONDS"}},

	// These bring nothing with them that a function needs to be given: each
	// setting has a default.
	"env.Limits":                            {},
	"env.Proxies":                           {},
	"env.Sessions":                          {},
	`env.Switch("RESET_TOKEN_IN_RESPONSE")`: {}, // for development; no deployment has it
	"env.Migrator":                          {},
	"env.Check":                             {},
	"env.MustBeUsable":                      {},
}

// facts are what is true of one function alone.
type facts struct {
	timeout       int  // seconds; 0 for that of all others
	isSeed        bool // it makes the schema, and CloudFormation calls it
	answersHTML   bool
	failsToRefuse bool // Lambda counts each of its refusals as an error
	why           string
}

var special = map[string]facts{
	"authorizer": {
		failsToRefuse: true,
		why:           "API Gateway answers 401 only when the authorizer fails, so everybody with an old token makes an error of it; AuthorizerFailedAlarm counts its log instead",
	},
	"reset_password_page": {answersHTML: true, why: "a person sees its answers in a browser, its errors too"},
	"rotate_keys":         {timeout: 60, why: "making an RSA key takes seconds in a small function"},
	"seed_admin": {
		timeout: 120, isSeed: true,
		why: "it may migrate large tables; it starts with bad settings too, because CloudFormation waits for an answer from it, and no traffic is shifted to it by steps",
	},
}

// timeoutOf returns a function's seconds. The usual ones are above the handlers'
// own deadline of 5 s, and below API Gateway's 30 s.
func timeoutOf(folder string) int { return cmp.Or(special[folder].timeout, 10) }
