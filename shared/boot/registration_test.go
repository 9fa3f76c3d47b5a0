package boot_test

import (
	"testing"

	"roster/shared/boot"
	"roster/shared/user"
)

func TestRegistrationMode(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]user.RegistrationMode{"": "open", "open": "open", "after_admin": "after_admin", "closed": "closed"} {
		env := boot.FromMap(map[string]string{"REGISTRATION": value})
		if got := env.Registration(); got != want || env.Check() != nil {
			t.Errorf("%q: %q, %v", value, got, env.Check())
		}
	}
	for _, value := range []string{"close", "Open", "true", "after-admin"} {
		env := boot.FromMap(map[string]string{"REGISTRATION": value})
		env.Registration()
		if err := env.Check(); err == nil || err.Error() != "the configuration is not usable: REGISTRATION must be open, after_admin or closed" {
			t.Errorf("%q: %v", value, err)
		}
	}
}
