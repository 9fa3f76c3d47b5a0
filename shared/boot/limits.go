package boot

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"roster/shared/credential/device"
	"roster/shared/ratelimit"
	"roster/shared/user"
)

// Limits returns the rate limits. A rate such as 10/15m allows 10 attempts in a
// window of 15 minutes.
func (e *Environment) Limits() user.Limits {
	l := user.DefaultLimits
	l.MaxConsecutiveFailures = e.Int("LIMIT_LOGIN_IN_A_ROW", l.MaxConsecutiveFailures, 5, 100)
	l.LoginFromNetwork = e.rate("LIMIT_LOGIN_ACCOUNT_NETWORK", l.LoginFromNetwork)
	l.Login = e.rate("LIMIT_LOGIN_NETWORK", l.Login)
	l.Register = e.rate("LIMIT_REGISTER_NETWORK", l.Register)
	l.EmailAccount = e.rate("LIMIT_EMAIL_ACCOUNT", l.EmailAccount)
	l.ForgetAccount = e.rate("LIMIT_FORGET_ACCOUNT", l.ForgetAccount)
	l.Forget = e.rate("LIMIT_FORGET_NETWORK", l.Forget)
	l.Reset = e.rate("LIMIT_RESET_NETWORK", l.Reset)
	l.ExportAccount = e.rate("LIMIT_EXPORT_ACCOUNT", l.ExportAccount)
	l.AdminMail = e.rate("LIMIT_ADMIN_MAIL", l.AdminMail)
	return l
}

// The bounds of a rate.
const (
	maxRate   = 1_000_000
	maxWindow = 24 * time.Hour
)

func (e *Environment) rate(name string, fallback ratelimit.Rate) ratelimit.Rate {
	v := e.Optional(name, "")
	if v == "" {
		return fallback
	}
	limit, window, found := strings.Cut(v, "/")
	n, err := strconv.Atoi(limit)
	d, err2 := time.ParseDuration(window)
	if !found || err != nil || err2 != nil || n < 1 || n > maxRate || d < time.Second || d > maxWindow || d%time.Second != 0 {
		e.Reject(name, fmt.Sprintf("must be a rate such as 10/15m, from 1 to %d in 1s to 24h", maxRate))
		return fallback
	}
	return ratelimit.Rate{Limit: n, Window: d}
}

// DeviceTokens returns what issues and checks device tokens.
func (e *Environment) DeviceTokens() device.Keys { return device.New(e.Key("SECRET_KEY")) }
