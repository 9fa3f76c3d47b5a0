package user

import (
	"context"

	"roster/shared/audit"
)

// Taken says which of an account's unique fields another account has.
type Taken struct{ Username, Email bool }

// Any reports whether one is taken.
func (t Taken) Any() bool { return t.Username || t.Email }

// Creator stores a new account.
type Creator interface {
	// CreateUser stores the account, unless another has its username or
	// e-mail: then it stores nothing and says which.
	CreateUser(ctx context.Context, u User, e audit.Event) (Taken, error)
}
