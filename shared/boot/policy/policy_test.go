package policy_test

import (
	"testing"

	"roster/shared/boot"
	"roster/shared/boot/policy"
)

func TestCommonPasswordsAreRefusedByDefault(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"": "is too common", "on": "is too common", "off": ""} {
		env := boot.FromMap(map[string]string{"PASSWORD_BLOCKLIST": value})
		if got := policy.Passwords(env).Policy.Check("password123"); got != want || env.Check() != nil {
			t.Errorf("%q: %q, want %q; %v", value, got, want, env.Check())
		}
	}
	env := boot.FromMap(map[string]string{"PASSWORD_BLOCKLIST": "maybe", "PASSWORD_MIN_LENGTH": "7"})
	policy.Passwords(env)
	const want = "the configuration is not usable: PASSWORD_BLOCKLIST must be true or false; PASSWORD_MIN_LENGTH must be a whole number from 8 to 64"
	if err := env.Check(); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestNoBreachServiceIsAskedByDefault(t *testing.T) {
	t.Parallel()
	env := boot.FromMap(nil)
	if p := policy.Passwords(env); p.Breaches != nil {
		t.Error("a service is asked although none is set")
	}
	env = boot.FromMap(map[string]string{"PASSWORD_BREACH_URL": "https://api.pwnedpasswords.com/range/"})
	if p := policy.Passwords(env); p.Breaches == nil || env.Check() != nil {
		t.Errorf("the service that is set is not asked; %v", env.Check())
	}
	env = boot.FromMap(map[string]string{"PASSWORD_BREACH_URL": "http://api.pwnedpasswords.com/range/"})
	const want = "the configuration is not usable: PASSWORD_BREACH_URL (must be an https URL that ends in a slash, such as https://api.pwnedpasswords.com/range/)"
	if p := policy.Passwords(env); p.Breaches != nil || env.Check() == nil || env.Check().Error() != want {
		t.Errorf("%v, want %s", env.Check(), want)
	}
}
