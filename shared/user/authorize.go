package user

import (
	"context"

	"roster/shared/fault"
	"roster/shared/request"
)

// Me is the username that stands for the caller's own account.
const Me = "me"

// Viewer reads the accounts of the caller and the target.
type Viewer interface {
	// CallerAndTarget returns the account of the caller and the account with the
	// username, in one statement. Each is nil if there is none. The caller is
	// also nil if its session has ended.
	CallerAndTarget(ctx context.Context, c request.Caller, username string) (caller, target *User, err error)
}

// authorize is the one place that decides who may access an account: its owner
// and every ADMIN. Only an ADMIN learns that an account does not exist.
func authorize(ctx context.Context, c request.Caller, db Viewer, username string) (caller, target *User, err error) {
	if !c.WellFormed() {
		return nil, nil, fault.NotLoggedIn()
	}
	name, _ := CanonicalUsername(username) // "" for an invalid name, which no account has
	caller, target, err = db.CallerAndTarget(ctx, c, name)
	switch {
	case err != nil:
		return nil, nil, err
	case !caller.accepts(c):
		return nil, nil, fault.NotLoggedIn()
	case trim(username) == Me: // no account can have this name: it is too short
		return caller, caller, nil
	case caller.Role != RoleAdmin && caller.Username != name:
		return nil, nil, fault.NotPermitted()
	case target == nil:
		return nil, nil, errNotFound()
	}
	return caller, target, nil
}

// authorizeAdmin returns the caller's account if it is an ADMIN.
func authorizeAdmin(ctx context.Context, c request.Caller, db Viewer) (self *User, err error) {
	self, _, err = authorize(ctx, c, db, Me)
	if err == nil && self.Role != RoleAdmin {
		return nil, fault.NotPermitted()
	}
	return self, err
}
