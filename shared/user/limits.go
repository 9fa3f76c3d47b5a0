package user

import (
	"time"

	"roster/shared/ratelimit"
	"roster/shared/request"
)

// Limits are the rate limits of the operations. An attempt is counted before
// anything expensive is done.
type Limits struct {
	// MaxConsecutiveFailures is how many wrong passwords in a row are allowed for
	// an account: to all devices that it knows together, and to everybody else
	// together. After them password login is disabled until the password is reset by e-mail (NIST SP
	// 800-63B-4 §3.2.2 allows at most 100).
	MaxConsecutiveFailures int
	// LoginFromNetwork limits logins to one account from one network, Login
	// logins to all accounts from one network.
	LoginFromNetwork, Login ratelimit.Rate
	Register                ratelimit.Rate // from one network; includes changes of an own e-mail
	EmailAccount            ratelimit.Rate // changes of its own e-mail by one account
	ForgetAccount           ratelimit.Rate // mails for one username, one e-mail, or one pair of both
	Forget, Reset           ratelimit.Rate // from one network
	ExportAccount           ratelimit.Rate // exports that one account asks for
	AdminMail               ratelimit.Rate // mails that one ADMIN has sent to other people
}

// DefaultLimits are the limits of a deployment that sets no others.
var DefaultLimits = Limits{
	MaxConsecutiveFailures: 100,
	LoginFromNetwork:       ratelimit.Rate{Limit: 10, Window: 15 * time.Minute},
	Login:                  ratelimit.Rate{Limit: 300, Window: 15 * time.Minute},
	Register:               ratelimit.Rate{Limit: 20, Window: time.Hour},
	EmailAccount:           ratelimit.Rate{Limit: 10, Window: time.Hour},
	ForgetAccount:          ratelimit.Rate{Limit: 3, Window: ResetLifetime}, // as many as an account has links
	Forget:                 ratelimit.Rate{Limit: 30, Window: time.Hour},
	Reset:                  ratelimit.Rate{Limit: 30, Window: 15 * time.Minute},
	ExportAccount:          ratelimit.Rate{Limit: 60, Window: time.Hour}, // 120,000 events
	AdminMail:              ratelimit.Rate{Limit: 300, Window: time.Hour},
}

// lookUp returns the lookup of a login with its budgets. The devices that the
// account knows share a budget, which a stranger cannot use up. Everybody else
// shares the account's.
func (l Limits) lookUp(typed string, device []byte, client request.Client) Lookup {
	lookup := lookUp(typed)
	lookup.Device = device
	lookup.Budgets = perNetwork(l.Login, client, "login network")
	lookup.KnownDevice = []ratelimit.Budget{l.consecutive("login device")}
	lookup.OtherDevice = l.loginFromElsewhere(client.Network())
	return lookup
}

func (l Limits) loginFromElsewhere(network string) []ratelimit.Budget {
	fromNetwork := l.LoginFromNetwork.Budget("login account network", network)
	fromNetwork.PerAccount, fromNetwork.PerPassword, fromNetwork.Provisional = true, true, true
	return []ratelimit.Budget{l.consecutive("login account"), fromNetwork}
}

// clearedByReset returns the budgets that a reset of the password clears. That of
// each network begins anew by itself: the owner who has mistyped the password at home
// may open the mail elsewhere.
func (l Limits) clearedByReset(uuid string) []ratelimit.Budget {
	return ratelimit.Of(ratelimit.Owner{Account: uuid}, l.consecutive("login account"), l.consecutive("login device"), l.consecutive("current password"))
}

// currentPassword returns the budget for wrong current passwords, which a change
// of the password asks for.
func (l Limits) currentPassword(uuid string) ratelimit.Budget {
	return ratelimit.Of(ratelimit.Owner{Account: uuid}, l.consecutive("current password"))[0]
}

// consecutive returns a budget of an account for wrong passwords in a row.
func (l Limits) consecutive(key string) ratelimit.Budget {
	return ratelimit.Budget{
		Key: ratelimit.Key(key), Limit: l.MaxConsecutiveFailures, Consecutive: true, PerAccount: true, Provisional: true,
	}
}

// wideFactor is how many times the attempts of a network a /48 of IPv6 has. It
// has 65,536 networks, and providers give one to a customer who asks (RFC 6177).
const wideFactor = 10

// perNetwork returns the budgets for the client's network, and for the wider one
// that it is in.
func perNetwork(r ratelimit.Rate, client request.Client, key string) []ratelimit.Budget {
	budgets := []ratelimit.Budget{r.Budget(key, client.Network())}
	if wide := client.WideNetwork(); wide != "" {
		r.Limit *= wideFactor
		budgets = append(budgets, r.Budget(key, wide))
	}
	return budgets
}

func (l Limits) register(client request.Client) []ratelimit.Budget {
	return perNetwork(l.Register, client, "register")
}

func (l Limits) forget(client request.Client) []ratelimit.Budget {
	return perNetwork(l.Forget, client, "forget network")
}

func (l Limits) reset(client request.Client) []ratelimit.Budget {
	return perNetwork(l.Reset, client, "reset network")
}

// email returns the budgets for changes of an own e-mail. Such a change reveals
// whether an address is taken, as a registration does.
func (l Limits) email(uuid string, client request.Client) []ratelimit.Budget {
	return append(l.register(client), l.emailAccount(uuid))
}

func (l Limits) emailAccount(uuid string) ratelimit.Budget {
	return l.EmailAccount.Budget("email account", uuid)
}

// adminMail returns the budget for mails that an ADMIN sends, so that nobody can
// flood mailboxes with a stolen access token.
func (l Limits) adminMail(uuid string) ratelimit.Budget {
	return l.AdminMail.Budget("admin mail", uuid)
}

// forgetAccount returns the budget for reset mails to one account. A stranger who
// uses it up does not keep the owner from a reset: each mail goes to the owner,
// and its link works for as long as the budget is used up (see DefaultLimits).
func (l Limits) forgetAccount() ratelimit.Budget {
	b := l.ForgetAccount.Budget("forget account")
	b.PerAccount = true
	return b
}
