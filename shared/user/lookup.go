package user

import (
	"context"
	"strings"
	"time"

	"roster/shared/audit"
	"roster/shared/ratelimit"
)

// Lookup names an account, and the budgets of an attempt at it. The budgets per
// account belong to the account if there is one, however it was named, and
// otherwise to what was typed. So the limits tell nothing about accounts.
type Lookup struct {
	Username, Email string // canonical; the account has all that are not ""
	Typed           string

	Device  []byte             // the hash of the device token, nil without one
	Budgets []ratelimit.Budget // of every attempt
	// Of these, the budgets of a device that the account knows, or else the
	// others.
	KnownDevice, OtherDevice []ratelimit.Budget
}

// Found is the decision about an attempt, and the account.
type Found struct {
	ratelimit.Attempt
	User        *User // nil if there is none
	KnownDevice bool
}

// Finder finds accounts for those who have not logged in.
type Finder interface {
	// AttemptAtAccount takes one attempt from the budgets of the lookup, as a
	// Limiter does, and finds the account, in one step.
	AttemptAtAccount(ctx context.Context, l Lookup, now time.Time) (Found, error)
}

// FailureRecorder records failed attempts.
type FailureRecorder interface {
	// RecordFailure writes the event. From then on nobody waits for the outcome
	// of the attempt that the budgets have counted.
	RecordFailure(ctx context.Context, failed []ratelimit.Budget, e audit.Event) error
}

// refuse records a failed attempt and returns the refusal. If the failure cannot
// be recorded, it returns that error instead.
func refuse(ctx context.Context, db FailureRecorder, failed []ratelimit.Budget, e audit.Event, refusal error) error {
	if err := db.RecordFailure(ctx, failed, e); err != nil {
		return err
	}
	return refusal
}

// attempt takes an attempt at an account, and waits for others that are being
// checked. It refuses with TooMany.
func (l Lookup) attempt(ctx context.Context, db Finder, now time.Time) (found Found, err error) {
	_, err = ratelimit.Try(ctx, now, func(at time.Time) (ratelimit.Attempt, error) {
		found, err = db.AttemptAtAccount(ctx, l, at)
		return found.Attempt, err
	})
	return found, err
}

// owner returns the owner of the budgets that the attempt was counted in.
func (l Lookup) owner(u *User) ratelimit.Owner {
	if u != nil {
		return ratelimit.Owner{Account: u.UUID, TokenVersion: u.TokenVersion}
	}
	return ratelimit.Owner{Typed: l.Typed}
}

// lookUp names the account of a login: by its e-mail address if there is an @,
// which no username has, and otherwise by its username. An address or a name
// that no account can have finds none. Every spelling gives the same lookup;
// people who mistype their names do not share a budget.
func lookUp(typed string) Lookup {
	typed = trim(typed)
	if strings.Contains(typed, "@") {
		if email, reason := checkEmail(typed); reason == "" {
			return Lookup{Email: email, Typed: strings.ToLower(email)}
		}
		return Lookup{Typed: typed}
	}
	name, _ := CanonicalUsername(typed)
	return Lookup{Username: name, Typed: limitKey(typed)}
}
