package user

import (
	"context"

	"roster/shared/request"
)

// Get returns an account to its owner, who may also call it Me, and to an ADMIN.
// Other callers get Forbidden, whether or not the account exists.
func Get(ctx context.Context, req request.Request, db Viewer, username string) (User, error) {
	_, target, err := authorize(ctx, req.Caller, db, username)
	if err != nil {
		return User{}, err
	}
	return *target, nil
}
