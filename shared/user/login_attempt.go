package user

import (
	"context"
	"errors"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// loginAttempt is an attempt that is allowed.
type loginAttempt struct {
	last    bool
	user    User               // zero if there is none
	counted []ratelimit.Budget // that wait for the outcome
	cleared []ratelimit.Budget // by a success

	deviceToken string // of the device that sent it, if the account knows that one, and otherwise new
	deviceHash  []byte
	newDevice   bool
	alone       bool // a success makes this the only device that the account knows
}

// attempt takes one attempt at the account. When the devices that the account
// knows must wait, such a device uses the budget of everybody else, and a success
// clears both. When they have used up their budget, somebody has guessed with the
// token of one of them. The next login then makes the account forget them all.
// While their attempts are being checked the budget is not used up. The device has
// then waited as long as a request may, and does not wait again.
func (p LoginParts) attempt(ctx context.Context, req request.Request, db Finder, typed string) (a loginAttempt, err error) {
	device, _ := p.Devices.Hash(req.Client.DeviceToken)
	lookup := p.Limits.lookUp(typed, device, req.Client)
	found, err := lookup.attempt(ctx, db, req.At)
	isKnown := found.KnownDevice
	var also []ratelimit.Budget
	if errors.Is(err, fault.TooMany) && isKnown && !found.Pending {
		a.alone, also = found.Wait >= ratelimit.Disabled, lookup.KnownDevice
		lookup.Device = nil
		found, err = lookup.attempt(ctx, db, req.At)
	}
	if err != nil {
		return a, err
	}
	a.last, a.counted = found.Last, lookup.OtherDevice
	if found.User != nil {
		a.user = *found.User
	}
	if found.KnownDevice {
		a.counted = lookup.KnownDevice
	}
	a.deviceToken, a.deviceHash, a.newDevice = req.Client.DeviceToken, device, !isKnown || a.alone
	if a.newDevice {
		a.deviceToken, a.deviceHash = p.Devices.Mint()
	}
	owner := lookup.owner(found.User)
	a.counted = ratelimit.Of(owner, a.counted...)
	a.cleared = append(ratelimit.Of(owner, also...), a.counted...)
	return a, nil
}

// verify checks the password. It takes the same time for every account and
// password, and without an account.
func (p LoginParts) verify(ctx context.Context, u User, password string) (record LoginRecord, ok bool) {
	ok, stale := p.Passwords.verify(ctx, u, password)
	ok = ok && u.Active
	record = LoginRecord{UUID: u.UUID, TokenVersion: u.TokenVersion, Role: u.Role}
	if ok && stale {
		record.Rehash = p.Passwords.Hasher.Hash(password)
	}
	return record, ok
}

// refuse records a failed login and returns the refusal.
func (a loginAttempt) refuse(ctx context.Context, req request.Request, db FailureRecorder) error {
	event := audit.NewEvent(req, audit.ActionLoginFailed)
	event.Target = a.user.UUID
	event.AddIf(a.last, audit.ActionWait)
	return refuse(ctx, db, a.counted, event, &fault.Error{Code: fault.Unauthenticated, Message: "Invalid username or password."})
}
