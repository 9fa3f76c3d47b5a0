package main

import (
	"fmt"

	"roster/shared/boot/mailing"
	"roster/shared/boot/policy"
	"roster/shared/boot/rotating"
	"roster/shared/boot/tokens"
)

// check names all invalid variables of all functions at once, before anything is
// started. Without it each function would report only its own.
func (s settings) check() error {
	env := environment(s.values)
	tokens.New(env)
	rotating.Settings(env.Environment)
	env.OneTimeTokens()
	env.Limits()
	env.SessionRules()
	env.Registration()
	env.Edge()
	mailing.Notices(env)
	env.Bool("RESET_TOKEN_IN_RESPONSE", false)
	if _, err := corsOrigins(s.values); err != nil {
		env.AddError("CORS_ORIGINS", err)
	}
	bad := env.Admin().Check(policy.Passwords(env))
	switch err := env.Check(); {
	case err != nil && len(bad) > 0:
		return fmt.Errorf("%w; %s", err, bad)
	case err != nil:
		return err
	case len(bad) > 0:
		return fmt.Errorf("the configuration is not usable: %s", bad)
	}
	return nil
}
