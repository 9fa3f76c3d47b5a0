package user

import (
	"context"
	"errors"

	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// consume takes one attempt from the budgets of the login. It returns the id of a
// known device, whose own budget it used. A device that has used up its own
// budget is treated like an unknown one: it uses the account's budget, which a
// reset of the password clears, and its next login makes it a new device.
func (p LoginParts) consume(
	ctx context.Context, req request.Request, db ratelimit.Limiter, name string,
) (device string, attempt ratelimit.Attempt, err error) {
	network := req.Client.Network()
	if device = p.Devices.Open(name, req.Client.DeviceToken, req.At); device != "" {
		attempt, err = ratelimit.Consume(ctx, db, req.At, p.Limits.login(name, device, network)...)
		if !errors.Is(err, fault.TooMany) {
			return device, attempt, err
		}
	}
	attempt, err = ratelimit.Consume(ctx, db, req.At, p.Limits.login(name, "", network)...)
	return "", attempt, err
}

// verify finds the account and checks the password. It takes the same time for
// every username and password.
func (p LoginParts) verify(ctx context.Context, db LoginStore, name, password string) (record LoginRecord, ok bool, err error) {
	found, err := db.UserByUsername(ctx, name)
	if err != nil {
		return record, false, err
	}
	var u User
	if found != nil {
		u = *found
	}
	ok, stale := p.Passwords.verify(ctx, u, password)
	ok = ok && u.Active
	record = LoginRecord{UUID: u.UUID, TokenVersion: u.TokenVersion, Role: u.Role}
	if ok && stale {
		record.Rehash = p.Passwords.Hasher.Hash(password)
	}
	return record, ok, nil
}
