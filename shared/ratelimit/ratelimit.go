// Package ratelimit says how often something may be tried. A domain makes a
// Budget for each thing that it counts and consumes one attempt of each before
// it does anything expensive:
//
//	attempt, err := ratelimit.Consume(ctx, db, now, limits.Register.Budget("register", network))
//
// A Limiter keeps the counters, exactly and for all instances together; package
// postgres is one. This package refuses to know what is counted, and a budget
// does not tell whether the account behind its key exists.
package ratelimit

import (
	"context"
	"time"

	"roster/shared/fault"
)

// Budget is how often something may be tried under one key. There are two
// kinds: a number of attempts in each window, or a number of consecutive
// attempts with waits between them.
type Budget struct {
	Key string // what is counted, such as "login account ann"; stored as a hash

	Limit  int // attempts
	Window time.Duration
	// Consecutive makes Limit the number of attempts in a row, after which
	// there are no more until the budget is cleared. The first few are free;
	// after each further one there is a wait, a second at first and doubled up
	// to a quarter of an hour. A quarter of an hour without an attempt begins
	// the waits anew, not the row. Window means nothing then.
	Consecutive bool
}

// Rate is a number of attempts in each window.
type Rate struct {
	Limit  int
	Window time.Duration
}

// Budget returns the rate's budget for the thing that the parts of the key name.
func (r Rate) Budget(key ...string) Budget {
	return Budget{Key: Key(key...), Limit: r.Limit, Window: r.Window}
}

// Key joins the parts of a key. It keeps them apart by NUL, which no name has.
func Key(parts ...string) (key string) {
	for _, p := range parts {
		key += p + "\x00"
	}
	return key
}

// Limiter keeps budgets, exactly and for all instances together.
type Limiter interface {
	// Consume takes one attempt from each budget, or from none and says how
	// long to wait. An attempt is counted before its outcome is known; a
	// success clears the budgets. Attempts that are refused neither count nor
	// lengthen a wait.
	Consume(ctx context.Context, budgets []Budget, now time.Time) (Attempt, error)
}

// Attempt is what a limiter says of one attempt.
type Attempt struct {
	Wait time.Duration // more than 0 for an attempt that is refused
	// Last says that the attempt was let through, and that the next one will
	// have to wait. The audit log notes this one; it does not note the attempts
	// that are refused during the wait, because an attacker could fill it with
	// them.
	Last bool
}

// Disabled is the wait of a budget of consecutive attempts that is used up. No
// waiting helps then, but a client that asks again should not do so before.
const Disabled = 24 * time.Hour

// Consume takes one attempt from each budget. Its refusal is fault.TooMany, and
// it is the same for accounts that exist and those that do not.
func Consume(ctx context.Context, l Limiter, now time.Time, budgets ...Budget) (Attempt, error) {
	attempt, err := l.Consume(ctx, budgets, now)
	if err != nil || attempt.Wait <= 0 {
		return attempt, err
	}
	refusal := &fault.Error{Code: fault.TooMany, Message: "Too many tries. Please wait.", RetryAfter: attempt.Wait}
	if attempt.Wait >= Disabled {
		refusal.Message = "Too many tries. Please reset the password."
	}
	return attempt, refusal
}
