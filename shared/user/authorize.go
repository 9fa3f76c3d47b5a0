package user

import (
	"context"

	"roster/shared/fault"
	"roster/shared/request"
)

// Me is the name that stands for the caller's own account.
const Me = "me"

// Viewer reads two rows at once.
type Viewer interface {
	// CallerAndTarget returns the row of the caller and the row of that name,
	// each nil when there is none, in one statement. A caller whose session has
	// ended has no row.
	CallerAndTarget(ctx context.Context, c request.Caller, username string) (caller, target *User, err error)
}

// authorize is the one place that decides who may touch whose account: callers
// their own, an ADMIN any. Only an ADMIN learns that a name is not there.
func authorize(ctx context.Context, c request.Caller, db Viewer, username string) (caller, target *User, err error) {
	if !c.WellFormed() {
		return nil, nil, fault.NotLoggedIn()
	}
	name, _ := CanonicalUsername(username) // an invalid name finds nothing
	caller, target, err = db.CallerAndTarget(ctx, c, name)
	switch {
	case err != nil:
		return nil, nil, err
	case !caller.accepts(c):
		return nil, nil, fault.NotLoggedIn()
	case username == Me: // nobody can have that name
		return caller, caller, nil
	case caller.Role != RoleAdmin && caller.Username != name:
		return nil, nil, fault.NotPermitted()
	case target == nil:
		return nil, nil, errNotFound()
	}
	return caller, target, nil
}
