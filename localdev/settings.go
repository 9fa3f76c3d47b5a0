package main

import (
	"maps"
	"net"

	"roster/localdev/pgserver"
)

// settings holds the functions' variables and localdev's own settings.
type settings struct {
	values map[string]string
	source pgserver.Source
	// differences are sentences for the banner: what a deployment would have otherwise.
	differences []string
	secret      *localSecret // nil when the values already hold keys of access tokens
}

// variableNames are the variables that are read from .env and from the
// environment. The environment wins.
var variableNames = []string{
	"SECRET_KEY", "DATABASE_URL", "MIGRATE_DATABASE_URL", "DATABASE_CA", "DATABASE_AUTH", "DATABASE_PREPARE", "JWT_SECRET_KEY", "SECURITY_PASSWORD_SALT",
	"MAIL_SERVER", "MAIL_PORT", "MAIL_USE_TLS", "MAIL_CA", "MAIL_USERNAME", "MAIL_PASSWORD", "MAIL_FROM", "PUBLIC_URL", "APP_NAME", "RETURN_URL",
	"ADMIN_USERNAME", "ADMIN_EMAIL", "ADMIN_PASSWORD",
	"LIMIT_LOGIN_IN_A_ROW", "LIMIT_LOGIN_ACCOUNT_NETWORK", "LIMIT_LOGIN_NETWORK", "LIMIT_REGISTER_NETWORK",
	"LIMIT_ADMIN_MAIL", "LIMIT_EMAIL_ACCOUNT", "LIMIT_EXPORT_ACCOUNT", "LIMIT_FORGET_ACCOUNT", "LIMIT_FORGET_NETWORK", "LIMIT_RESET_NETWORK", "TRUSTED_PROXIES", "EDGE_SECRET",
	"SESSION_IDLE_HOURS", "SESSION_HOURS", "SESSION_MAX", "REFRESH_GRACE_SECONDS", "REGISTRATION", "CORS_ORIGINS",
	"AUDIT_KEY", "AUDIT_RETENTION", "AUDIT_ERASE_DELETED", "JWT_KEYS", "JWT_AUDIENCE", "JWT_CLAIMS", "JWT_ALGORITHM", "JWT_ROTATION_DAYS",
	"LEGACY_PATHS", "LEGACY_JWT_SECRET_KEY", "LEGACY_TOKENS_UNTIL",
	"PASSWORD_MIN_LENGTH", "PASSWORD_BLOCKLIST", "PASSWORD_BREACH_URL", "RESET_TOKEN_IN_RESPONSE", "LOCALDEV_POSTGRES",
}

// lookup finds an environment variable. It is os.LookupEnv, except in tests.
type lookup = func(name string) (value string, set bool)

func loadSettings(o options, env lookup, addr string) (settings, error) {
	file, err := readDotenv(".env")
	if err != nil {
		return settings{}, err
	}
	given := map[string]string{}
	for _, name := range variableNames {
		if v := file[name]; v != "" {
			given[name] = v
		}
		if v, set := env(name); set {
			given[name] = v
		}
	}
	source, err := pgserver.ParseSource(given["LOCALDEV_POSTGRES"])
	if err != nil {
		return settings{}, err
	}
	root, err := rootKey(o.data)
	if err != nil {
		return settings{}, err
	}
	s := settings{values: defaults(addr, root), source: source}
	maps.Copy(s.values, given)
	s.differences = s.listDifferences()
	if s.secret, err = openLocalSecret(o.data, s.values); err != nil {
		return settings{}, err
	}
	if s.secret != nil {
		s.values[jwtKeys] = s.secret.keys
	}
	return s, nil
}

// generousLimit lets a developer and a test suite send many requests from one
// address. Wrong passwords in a row are limited as in a deployment.
const generousLimit = "1000000/1h"

func defaults(addr, root string) map[string]string {
	return map[string]string{
		"LIMIT_LOGIN_ACCOUNT_NETWORK": generousLimit, "LIMIT_LOGIN_NETWORK": generousLimit, "LIMIT_REGISTER_NETWORK": generousLimit,
		"LIMIT_ADMIN_MAIL": generousLimit, "LIMIT_EMAIL_ACCOUNT": generousLimit, "LIMIT_EXPORT_ACCOUNT": generousLimit, "LIMIT_FORGET_ACCOUNT": generousLimit, "LIMIT_FORGET_NETWORK": generousLimit, "LIMIT_RESET_NETWORK": generousLimit,

		"CORS_ORIGINS": "http://localhost:*,http://127.0.0.1:*",

		"ROOT_KEY":                root,
		"PUBLIC_URL":              "http://" + reachable(addr),
		"APP_NAME":                "Example App",
		"MAIL_FROM":               "no-reply@roster.localhost",
		"ADMIN_USERNAME":          "admin",
		"ADMIN_EMAIL":             "admin@roster.localhost",
		"PASSWORD_MIN_LENGTH":     "8", // the template's is 12
		"PASSWORD_BLOCKLIST":      "off",
		"RESET_TOKEN_IN_RESPONSE": "true",
	}
}

// reachable turns the address of the listener into one that clients can connect to.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func (s settings) listDifferences() []string {
	list := []string{"secrets are generated and kept in the data folder; plain HTTP, no TLS"}
	env := environment(s.values) // yes and on mean true, too
	if env.Bool("RESET_TOKEN_IN_RESPONSE", false) {
		list = append(list, "forget_password shows the reset token in its answer (RESET_TOKEN_IN_RESPONSE=true)")
	}
	if !env.Bool("PASSWORD_BLOCKLIST", true) {
		list = append(list, "common passwords may be used (PASSWORD_BLOCKLIST=off)")
	}
	if s.values["PASSWORD_MIN_LENGTH"] == "8" {
		list = append(list, "passwords need 8 characters, and 12 as deployed (PASSWORD_MIN_LENGTH=8)")
	}
	if s.values["LIMIT_FORGET_ACCOUNT"] == generousLimit {
		list = append(list, "the limits for a network, on mails and on changes of e-mail, are wide (LIMIT_FORGET_ACCOUNT="+generousLimit+" and others)")
	}
	if s.values["MAIL_SERVER"] == "" {
		list = append(list, "mail goes to the mailbox above, through the real SES client, and nowhere else")
	}
	return list
}
