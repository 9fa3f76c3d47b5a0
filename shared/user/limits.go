package user

import (
	"cmp"
	"strings"
	"time"

	"roster/shared/ratelimit"
)

// Limits are how often each thing may be tried, before anything expensive is
// done.
type Limits struct {
	// MaxConsecutiveFailures is how many wrong passwords in a row an account,
	// or one device that it knows, is allowed. Then password login is disabled
	// until the password is reset by mail (NIST SP 800-63B-4 §3.2.2 asks for at
	// most 100).
	MaxConsecutiveFailures int
	// LoginFromNetwork is for one account from one network, Login for all
	// accounts from one network.
	LoginFromNetwork, Login ratelimit.Rate
	Register                ratelimit.Rate // from one network; users who change their own e-mail count, too
	EmailAccount            ratelimit.Rate // changes of its own e-mail by one account
	ForgetAccount           ratelimit.Rate // mails for one username with one e-mail
	Forget, Reset           ratelimit.Rate // from one network
}

// DefaultLimits are what a deployment gets that sets none.
var DefaultLimits = Limits{
	MaxConsecutiveFailures: 100,
	LoginFromNetwork:       ratelimit.Rate{Limit: 10, Window: 15 * time.Minute},
	Login:                  ratelimit.Rate{Limit: 300, Window: 15 * time.Minute},
	Register:               ratelimit.Rate{Limit: 20, Window: time.Hour},
	EmailAccount:           ratelimit.Rate{Limit: 10, Window: time.Hour},
	ForgetAccount:          ratelimit.Rate{Limit: 3, Window: time.Hour},
	Forget:                 ratelimit.Rate{Limit: 30, Window: time.Hour},
	Reset:                  ratelimit.Rate{Limit: 30, Window: 15 * time.Minute},
}

// login are the budgets of a login. A device that this account has logged in
// from has a budget of its own, so that an attacker cannot use up the owner's.
func (l Limits) login(username, device, network string) []ratelimit.Budget {
	everyone := l.Login.Budget("login network", network)
	if device != "" {
		return []ratelimit.Budget{l.device(username, device), everyone}
	}
	return []ratelimit.Budget{l.account(username), l.accountFrom(username, network), everyone}
}

// cleared are the keys of the budgets that a successful login clears.
func (l Limits) clearedByLogin(username, device, network string) []string {
	if device != "" {
		return []string{l.device(username, device).Key}
	}
	return []string{l.account(username).Key, l.accountFrom(username, network).Key}
}

func (l Limits) account(username string) ratelimit.Budget {
	return l.consecutive("login account", username)
}

func (l Limits) accountFrom(username, network string) ratelimit.Budget {
	return l.LoginFromNetwork.Budget("login account network", username, network)
}

func (l Limits) device(username, device string) ratelimit.Budget {
	return l.consecutive("login device", username, device)
}

// currentPassword is for the current password that a change of it asks for.
func (l Limits) currentPassword(uuid string) ratelimit.Budget {
	return l.consecutive("current password", uuid)
}

func (l Limits) consecutive(key ...string) ratelimit.Budget {
	return ratelimit.Budget{Key: ratelimit.Key(key...), Limit: l.MaxConsecutiveFailures, Consecutive: true}
}

func (l Limits) register(network string) ratelimit.Budget {
	return l.Register.Budget("register", network)
}

func (l Limits) forget(network string) ratelimit.Budget {
	return l.Forget.Budget("forget network", network)
}

func (l Limits) reset(network string) ratelimit.Budget {
	return l.Reset.Budget("reset network", network)
}

// email are the budgets of users who change their own e-mail. Such a change
// tells whether an address is taken, as a registration does.
func (l Limits) email(uuid, network string) []ratelimit.Budget {
	return []ratelimit.Budget{l.EmailAccount.Budget("email account", uuid), l.register(network)}
}

// forgetAccount counts by the e-mail, too. By the name alone, anybody who knows
// the name could use up what its owner has, and keep the owner from a reset.
func (l Limits) forgetAccount(in ResetRequest, email string) ratelimit.Budget {
	return l.ForgetAccount.Budget("forget account", limitKey(in.Username), strings.ToLower(cmp.Or(email, in.Email)))
}
