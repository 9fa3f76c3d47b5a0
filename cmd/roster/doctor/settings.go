package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/boot/policy"
	"roster/shared/boot/settings"
)

const noSettings = "no settings of the functions are set here"

const giveSettings = "set DATABASE_URL, ROOT_KEY and the others of docs/configuration.md, or the ARNs of their secrets (the outputs of the stack)"

// keys are the secrets that a generator makes. ROOT_KEY is enough: the others are
// derived from it.
var keys = []string{"ROOT_KEY", "SECRET_KEY", "JWT_SECRET_KEY", "SECURITY_PASSWORD_SALT", "AUDIT_KEY"}

// settings makes the parts of all functions, as their starts do, and reports each
// variable that they would refuse.
func (s Subject) settings(context.Context) []Finding {
	const check = "settings"
	if s.Env == nil {
		return []Finding{notChecked(check, noSettings, giveSettings)}
	}
	env := s.Env.Scoped()
	if err := s.Env.Check(); err != nil { // a secret cannot be read, or has a misspelled member
		return []Finding{failed(check, err.Error(), "correct the ARN, the rights of your AWS credentials, or the member of the secret")}
	}
	assemble(env)
	var all []Finding
	rejected := env.Rejected()
	for _, name := range slices.Sorted(maps.Keys(rejected)) {
		all = append(all, judgeSetting(env, name, rejected[name]))
	}
	if env.Bool("RESET_TOKEN_IN_RESPONSE", false) {
		all = append(all, failed(check+": RESET_TOKEN_IN_RESPONSE", "everybody gets the reset token of any account in the answer of forget_password", "remove it from the settings"))
	}
	if len(all) == 0 {
		set := 0
		for _, name := range settings.Names {
			if env.Optional(name, "") != "" {
				set++
			}
		}
		all = append(all, ok(check, fmt.Sprintf("all %d that are set are usable", set)))
	}
	return all
}

// judgeSetting reports a variable that functions would refuse. One that is missing
// here may be set in the stack, unless it is a key that belongs into a secret that was
// read.
func judgeSetting(env *boot.Environment, name, reason string) Finding {
	check := "settings: " + name
	reason = strings.TrimSuffix(strings.TrimPrefix(reason, "("), ")")
	isMissing := reason == "is missing" || strings.HasPrefix(reason, "not set: ")
	if isMissing && !(slices.Contains(keys, name) && env.Optional("KEYS_SECRET_ARN", env.Optional("SECRET_ARN", "")) != "") {
		return notChecked(check, reason, "set it here as the functions have it: docs/configuration.md")
	}
	return failed(check, reason, "correct "+name+" where it is set, and deploy new code: instances read it at their start")
}

// assemble makes everything that functions make of their settings.
func assemble(env *boot.Environment) {
	for _, name := range keys {
		if value := env.Optional(name, ""); value != "" {
			env.RequireStrong(name, value)
		}
	}
	env.DatabaseAccess()
	env.OneTimeTokens()
	env.RefreshTokens()
	env.DeviceTokens()
	env.Limits()
	env.SessionRules()
	env.Registration()
	env.Edge()
	env.Admin()
	env.ReturnURL()
	policy.Passwords(env)
	mailing.Notices(env)
}
