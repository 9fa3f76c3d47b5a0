package user

import "context"

// Viewer reads two rows at once.
type Viewer interface {
	// CallerAndTarget returns the row of the caller and the row of that name,
	// each nil when there is none, in one statement. A caller whose session has
	// ended has no row.
	CallerAndTarget(ctx context.Context, c Caller, username string) (caller, target *User, err error)
}

// Me is the name that stands for the caller's own.
const Me = "me"

// Get returns an account to itself, also by the name Me, or to an ADMIN. Anyone
// else gets Forbidden, whether or not the account exists.
func Get(ctx context.Context, caller Caller, db Viewer, username string) (User, error) {
	_, target, err := authorize(ctx, caller, db, username)
	if err != nil {
		return User{}, err
	}
	return *target, nil
}

// authorize is the one place that decides who may touch whose account: one's
// own, or any as ADMIN. Only an ADMIN learns that a name is not there.
func authorize(ctx context.Context, c Caller, db Viewer, username string) (caller, target *User, err error) {
	if !c.formed() {
		return nil, nil, errUnauthenticated()
	}
	name, _ := CanonicalUsername(username) // an impossible name finds nothing
	caller, target, err = db.CallerAndTarget(ctx, c, name)
	switch {
	case err != nil:
		return nil, nil, err
	case !c.admits(caller):
		return nil, nil, errUnauthenticated()
	case username == Me: // nobody can have that name
		return caller, caller, nil
	case caller.Role != RoleAdmin && caller.Username != name:
		return nil, nil, errForbidden()
	case target == nil:
		return nil, nil, errNotFound()
	}
	return caller, target, nil
}
