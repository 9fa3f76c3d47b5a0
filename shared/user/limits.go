package user

import (
	"cmp"
	"strings"
	"time"

	"roster/shared/ratelimit"
)

// Limits are the rate limits of the operations. An attempt is counted before
// anything expensive is done.
type Limits struct {
	// MaxConsecutiveFailures is how many wrong passwords in a row are allowed for
	// an account, and for each device that has logged in to it before. After them
	// password login is disabled until the password is reset by e-mail (NIST SP
	// 800-63B-4 §3.2.2 allows at most 100).
	MaxConsecutiveFailures int
	// LoginFromNetwork limits logins to one account from one network, Login
	// logins to all accounts from one network.
	LoginFromNetwork, Login ratelimit.Rate
	Register                ratelimit.Rate // from one network; includes changes of an own e-mail
	EmailAccount            ratelimit.Rate // changes of its own e-mail by one account
	ForgetAccount           ratelimit.Rate // mails for one username with one e-mail
	Forget, Reset           ratelimit.Rate // from one network
}

// DefaultLimits are the limits of a deployment that sets no others.
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

// login returns the budgets of a login. A device that has logged in to the
// account before has a budget of its own, which an attacker cannot use up.
func (l Limits) login(username, device, network string) []ratelimit.Budget {
	allAccounts := l.Login.Budget("login network", network)
	if device != "" {
		return []ratelimit.Budget{l.device(username, device), allAccounts}
	}
	return []ratelimit.Budget{l.account(username), l.accountFrom(username, network), allAccounts}
}

// clearedByLogin returns the keys of the budgets that a successful login clears.
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

// currentPassword returns the budget for wrong current passwords, which a change
// of the password asks for.
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

// email returns the budgets for changes of an own e-mail. Such a change reveals
// whether an address is taken, as a registration does.
func (l Limits) email(uuid, network string) []ratelimit.Budget {
	return []ratelimit.Budget{l.EmailAccount.Budget("email account", uuid), l.register(network)}
}

// forgetAccount returns the budget for reset mails to one account. Its key has
// the e-mail as well: otherwise anyone who knows the username could use up the
// budget and so prevent the owner from resetting the password.
func (l Limits) forgetAccount(in ResetRequest, email string) ratelimit.Budget {
	return l.ForgetAccount.Budget("forget account", limitKey(in.Username), strings.ToLower(cmp.Or(email, in.Email)))
}
