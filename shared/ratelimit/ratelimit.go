// Package ratelimit limits how often something may be tried. A domain makes a
// Budget for each thing that it counts. It consumes one attempt of each budget
// before it does anything expensive:
//
//	attempt, err := ratelimit.Consume(ctx, db, now, limits.Register.Budget("register", network))
//
// A Limiter keeps exact counters, shared by all instances; package postgres
// implements one. This package refuses to know what is counted. A refusal is the
// same whether or not the account behind a key exists.
package ratelimit

import (
	"context"
	"slices"
	"time"
)

// Budget is how often something may be tried under one key. It allows either a
// number of attempts in each window, or a number of consecutive attempts with
// waits between them.
type Budget struct {
	Key string // what is counted, such as "register 192.0.2.0/24"; stored as a hash

	// PerAccount counts for each account apart, or for each name that somebody
	// has typed and that no account has. Owner says which one.
	PerAccount bool
	Owner      Owner
	// PerPassword counts anew once the tokens of the account have ended, as with a
	// new password.
	PerPassword bool
	// Provisional is for attempts that a success takes back: it clears the
	// budget. Until the outcome of an attempt is known, the attempt is counted,
	// and further ones may wait for it: see Attempt.Pending.
	Provisional bool

	Limit  int           // attempts
	Window time.Duration // unused if Consecutive
	// Consecutive counts attempts in a row instead of attempts in a window.
	// After Limit of them no more are allowed until the budget is cleared. The
	// first few have no wait. A wait follows each further one: a second at
	// first, then twice as long each time, up to a quarter of an hour. A quarter
	// of an hour after the end of a wait the first few are free again, but all
	// of them still count towards Limit.
	Consecutive bool
}

// Owner is the account that a counter belongs to, by its UUID, so that a later
// account of the same name has counters of its own, and the version of its tokens.
// Where there is no account, it is what was typed.
type Owner struct {
	Account      string
	TokenVersion int64
	Typed        string
}

// Of returns the budgets with this owner, which changes those per account only.
func Of(owner Owner, budgets ...Budget) []Budget {
	owned := slices.Clone(budgets)
	for i := range owned {
		if owned[i].PerAccount {
			owned[i].Owner = owner
		}
	}
	return owned
}

// Rate is a number of attempts in each window.
type Rate struct {
	Limit  int
	Window time.Duration
}

// Budget returns a budget with this rate. The parts of the key say what is
// counted.
func (r Rate) Budget(key ...string) Budget {
	return Budget{Key: Key(key...), Limit: r.Limit, Window: r.Window}
}

// Key joins the parts of a key. It ends each part with NUL, which occurs in no
// name, so that different parts never give the same key.
func Key(parts ...string) (key string) {
	for _, p := range parts {
		key += p + "\x00"
	}
	return key
}

// Limiter keeps exact counters, shared by all instances.
type Limiter interface {
	// Consume takes one attempt from every budget. If one of them does not allow
	// it, Consume takes none and says how long to wait. An attempt is counted
	// before its outcome is known; a success may clear the budgets afterwards.
	// A refused attempt neither counts nor makes the wait longer.
	Consume(ctx context.Context, budgets []Budget, now time.Time) (Attempt, error)
}

// Attempt is a limiter's decision about one attempt.
type Attempt struct {
	Wait time.Duration // more than 0 if the attempt is refused
	// Last says that this attempt is allowed and that the next one must wait.
	// The audit log records this attempt as the beginning of the wait. Attempts
	// refused during the wait are not logged, because an attacker could fill
	// the log with them.
	Last bool
	// Pending says that this attempt is refused because of others whose outcome
	// is not known yet. If they succeed, it is allowed.
	Pending bool
}

// Disabled is the Wait of a budget of consecutive attempts that is used up.
// Waiting does not help then; the value only slows down clients that try again.
const Disabled = 24 * time.Hour

// Consume takes one attempt from every budget. If one of them does not allow it,
// the error is fault.TooMany, with the same text whether or not the account
// exists. It waits for attempts that are being checked: see Try.
func Consume(ctx context.Context, l Limiter, now time.Time, budgets ...Budget) (Attempt, error) {
	return Try(ctx, now, func(at time.Time) (Attempt, error) { return l.Consume(ctx, budgets, at) })
}
