package boot_test

import (
	"testing"
	"time"

	"roster/shared/ratelimit"
	"roster/shared/user"
)

func TestLimitsAreReadFromTheirVariables(t *testing.T) {
	t.Parallel()
	e := env()
	check(t, "the defaults", e.Limits(), user.DefaultLimits)
	e = env(
		"LIMIT_LOGIN_IN_A_ROW", "5",
		"LIMIT_LOGIN_ACCOUNT_NETWORK", "1/1s",
		"LIMIT_LOGIN_NETWORK", "1000000/24h",
		"LIMIT_REGISTER_NETWORK", "2/90s",
		"LIMIT_EMAIL_ACCOUNT", "6/1m",
		"LIMIT_FORGET_ACCOUNT", "3/1h30m",
		"LIMIT_FORGET_NETWORK", "4/2h",
		"LIMIT_RESET_NETWORK", "5/1m",
		"LIMIT_EXPORT_ACCOUNT", "7/1m",
		"LIMIT_ADMIN_MAIL", "7/1h",
	)
	check(t, "every limit set", e.Limits(), user.Limits{
		MaxConsecutiveFailures: 5,
		LoginFromNetwork:       ratelimit.Rate{Limit: 1, Window: time.Second},
		Login:                  ratelimit.Rate{Limit: 1_000_000, Window: 24 * time.Hour},
		Register:               ratelimit.Rate{Limit: 2, Window: 90 * time.Second},
		EmailAccount:           ratelimit.Rate{Limit: 6, Window: time.Minute},
		ForgetAccount:          ratelimit.Rate{Limit: 3, Window: 90 * time.Minute},
		Forget:                 ratelimit.Rate{Limit: 4, Window: 2 * time.Hour},
		Reset:                  ratelimit.Rate{Limit: 5, Window: time.Minute},
		ExportAccount:          ratelimit.Rate{Limit: 7, Window: time.Minute},
		AdminMail:              ratelimit.Rate{Limit: 7, Window: time.Hour},
	})
	check(t, "what is rejected", rejection(t, e), "")
}

func TestLimitsOutOfBoundsAreRejected(t *testing.T) {
	t.Parallel()
	const rate = " must be a rate such as 10/15m, from 1 to 1000000 in 1s to 24h"
	for _, name := range []string{
		"LIMIT_LOGIN_ACCOUNT_NETWORK", "LIMIT_LOGIN_NETWORK", "LIMIT_REGISTER_NETWORK", "LIMIT_EMAIL_ACCOUNT",
		"LIMIT_FORGET_ACCOUNT", "LIMIT_FORGET_NETWORK", "LIMIT_RESET_NETWORK", "LIMIT_EXPORT_ACCOUNT", "LIMIT_ADMIN_MAIL",
	} {
		for _, value := range []string{
			"canary", "10", "10/", "/15m", "0/15m", "-1/15m", "1000001/15m", "10/999ms", "10/24h1s", "10/-15m", "10/15", "1.5/15m",
			"10/15m/1h", " 10/15m", "10 / 15m", "99999999999999999999/1m",
			"10/1500ms", // the store counts windows in whole seconds
		} {
			e := env(name, value)
			check(t, name+"="+value, e.Limits(), user.DefaultLimits)
			check(t, "what is rejected", rejection(t, e), name+rate)
		}
	}
	for _, value := range []string{"canary", "4", "101", "0", "-5", "5.0"} { // NIST SP 800-63B-4 allows at most 100
		e := env("LIMIT_LOGIN_IN_A_ROW", value)
		check(t, value, e.Limits(), user.DefaultLimits)
		check(t, "what is rejected", rejection(t, e), "LIMIT_LOGIN_IN_A_ROW must be a whole number from 5 to 100")
	}
}

func TestDeviceTokensNeedAKey(t *testing.T) {
	t.Parallel()
	e := env("ROOT_KEY", canary)
	token, _ := e.DeviceTokens().Mint()
	if _, ok := e.DeviceTokens().Hash(token); !ok {
		t.Error("a new token is refused")
	}
	check(t, "what is rejected", rejection(t, e), "")
	e = env()
	e.DeviceTokens()
	check(t, "no key", rejection(t, e), "SECRET_KEY is missing")
}
