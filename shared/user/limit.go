package user

import (
	"cmp"
	"context"
	"strings"
	"time"
)

// Budget is how often something may be tried under one key. There are two
// kinds: so many in each window, or so many in a row with waits between.
type Budget struct {
	Key string // what is counted, such as "login account ann"; stored as a hash

	Most   int
	Window time.Duration
	// Backoff makes Most the number of tries in a row, after which there are no
	// more until the budget is cleared. The first few are free; after each
	// further one there is a wait, a second at first and doubled up to a
	// quarter of an hour. A quarter of an hour without a try begins the waits
	// anew, not the row. Window means nothing then.
	Backoff bool
}

// Limiter keeps budgets, exactly and for all instances together.
type Limiter interface {
	// Take takes one try from each budget, or from none and says how long to
	// wait. A try counts before it is known how it ends: what succeeds clears
	// its budgets. Those that are refused neither count nor lengthen a wait.
	Take(ctx context.Context, budgets []Budget, now time.Time) (Try, error)
}

// Try is what a limiter says of one.
type Try struct {
	Wait time.Duration // more than 0 for a try that is refused
	Last bool          // it was let through, and the next one will have to wait
}

// ForGood is the wait of a row that is used up: none will help, but a client
// that asks again should not do so before.
const ForGood = 24 * time.Hour

// note adds the wait that begins with this try to its event. Those that are
// refused while it lasts are no events: an attacker would fill the log for
// nothing.
func (t Try) note(e *Event) {
	if t.Last {
		e.Actions = append(e.Actions, ActionWait)
	}
}

// take turns an empty budget into the refusal that the client sees. It is the
// same for accounts that exist and those that do not.
func take(ctx context.Context, l Limiter, now time.Time, budgets ...Budget) (Try, error) {
	try, err := l.Take(ctx, budgets, now)
	if err != nil || try.Wait <= 0 {
		return try, err
	}
	refused := &Error{Code: TooMany, Message: "Too many tries. Please wait.", RetryAfter: try.Wait}
	if try.Wait >= ForGood {
		refused.Message = "Too many tries. Please reset the password."
	}
	return try, refused
}

// Rate is so many in each window.
type Rate struct {
	Most   int
	Window time.Duration
}

func (r Rate) budget(key ...string) Budget {
	return Budget{Key: join(key), Most: r.Most, Window: r.Window}
}

// Limits are how much is let through before anything expensive is done.
type Limits struct {
	// InARow is how many wrong passwords in a row an account, or one device
	// that it knows, is allowed; then the password is disabled until a reset by
	// mail (NIST SP 800-63B-4 §3.2.2 asks for at most 100).
	InARow int
	// LoginFromNetwork is for one account from one network, Login for all
	// accounts from one network.
	LoginFromNetwork, Login Rate
	Register                Rate // from one network; changes of one's own e-mail count, too
	EmailAccount            Rate // changes of one's own e-mail, for one account
	ForgetAccount           Rate // mails for one username with one e-mail
	Forget, Reset           Rate // from one network
}

// DefaultLimits are what a deployment that says nothing gets.
var DefaultLimits = Limits{
	InARow:           100,
	LoginFromNetwork: Rate{10, 15 * time.Minute},
	Login:            Rate{300, 15 * time.Minute},
	Register:         Rate{20, time.Hour},
	EmailAccount:     Rate{10, time.Hour},
	ForgetAccount:    Rate{3, time.Hour},
	Forget:           Rate{30, time.Hour},
	Reset:            Rate{30, 15 * time.Minute},
}

// login are the budgets of a login. A device that this account has logged in
// from has a budget of its own, so that an attacker cannot use up the owner's.
func (l Limits) login(username, device, network string) []Budget {
	everyone := l.Login.budget("login network", network)
	if device != "" {
		return []Budget{l.device(username, device), everyone}
	}
	return []Budget{l.account(username), l.accountFrom(username, network), everyone}
}

// cleared are the keys that a login which succeeds gives back.
func (l Limits) cleared(username, device, network string) []string {
	if device != "" {
		return []string{l.device(username, device).Key}
	}
	return []string{l.account(username).Key, l.accountFrom(username, network).Key}
}

func (l Limits) account(username string) Budget {
	return Budget{Key: join([]string{"login account", username}), Most: l.InARow, Backoff: true}
}

func (l Limits) accountFrom(username, network string) Budget {
	return l.LoginFromNetwork.budget("login account network", username, network)
}

func (l Limits) device(username, device string) Budget {
	return Budget{Key: join([]string{"login device", username, device}), Most: l.InARow, Backoff: true}
}

// current is for the current password that a change of it asks for.
func (l Limits) current(uuid string) Budget {
	return Budget{Key: join([]string{"current password", uuid}), Most: l.InARow, Backoff: true}
}

func (l Limits) register(network string) Budget { return l.Register.budget("register", network) }

// email are the budgets of a change of one's own e-mail, which tells as a
// registration does whether an address is taken.
func (l Limits) email(uuid, network string) []Budget {
	return []Budget{l.EmailAccount.budget("email account", uuid), l.register(network)}
}

// forgetAccount counts by the e-mail, too. By the name alone, whoever knows
// that could use up what its owner has, and keep the owner from a reset.
func (l Limits) forgetAccount(in ResetRequest, email string) Budget {
	return l.ForgetAccount.budget("forget account", spelling(in.Username), strings.ToLower(cmp.Or(email, in.Email)))
}

// join keeps the parts apart: no name has a NUL.
func join(parts []string) (key string) {
	for _, p := range parts {
		key += p + "\x00"
	}
	return key
}
