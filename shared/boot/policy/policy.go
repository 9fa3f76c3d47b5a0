// Package policy assembles, from the environment of a function, which passwords
// may be set. It is apart from package boot so that a function that sets none
// does not link the lists of common ones, nor what asks about breaches.
package policy

import (
	"roster/shared/boot"
	"roster/shared/credential/blocklist"
	"roster/shared/credential/breach"
	"roster/shared/user"
)

// Passwords returns how passwords are hashed and which may be set.
func Passwords(env *boot.Environment) user.Passwords {
	p, policy := env.Passwords(), env.PasswordPolicy()
	if env.Switch("PASSWORD_BLOCKLIST", true) {
		policy.Common = blocklist.Common
	}
	p.Policy = policy
	if base := env.Optional("PASSWORD_BREACH_URL", ""); base != "" {
		ranges, err := breach.New(base)
		if err != nil {
			env.AddError("PASSWORD_BREACH_URL", err)
			return p
		}
		p.Breaches = ranges
	}
	return p
}
