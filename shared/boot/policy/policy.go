// Package policy makes the rules for new passwords, from the settings of a
// function. It is not part of package boot so that a function that sets no
// passwords links neither the lists of common passwords nor the client of the
// breach service.
package policy

import (
	"roster/shared/boot"
	"roster/shared/credential/blocklist"
	"roster/shared/credential/breach"
	"roster/shared/user"
)

// Passwords returns what hashes and checks passwords, and decides which new ones
// are allowed.
func Passwords(env *boot.Environment) user.Passwords {
	p, policy := env.Passwords(), env.PasswordPolicy()
	if env.Bool("PASSWORD_BLOCKLIST", true) {
		policy.Common = blocklist.Common
	}
	p.Policy = policy
	if base := env.Optional("PASSWORD_BREACH_URL", ""); base != "" {
		breaches, err := breach.New(base)
		if err != nil {
			env.AddError("PASSWORD_BREACH_URL", err)
			return p
		}
		p.Breaches = breaches
	}
	return p
}
