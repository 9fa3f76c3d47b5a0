package user

import "context"

// Viewer reads two rows at once.
type Viewer interface {
	// CallerAndTarget returns the row of the caller and the row of that name,
	// each nil when there is none, in one statement.
	CallerAndTarget(ctx context.Context, callerUUID, username string) (caller, target *User, err error)
}

// Get returns an account to itself or to an ADMIN. Anyone else gets Forbidden,
// whether or not the account exists.
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
	if !uuidForm.MatchString(c.UUID) {
		return nil, nil, errUnauthenticated()
	}
	name, _ := CanonicalUsername(username) // an impossible name finds nothing
	caller, target, err = db.CallerAndTarget(ctx, c.UUID, name)
	switch {
	case err != nil:
		return nil, nil, err
	case !c.admits(caller):
		return nil, nil, errUnauthenticated()
	case caller.Role != RoleAdmin && caller.Username != name:
		return nil, nil, errForbidden()
	case target == nil:
		return nil, nil, errNotFound()
	}
	return caller, target, nil
}
