package user

import (
	"context"

	"roster/shared/audit"
)

// Taken says which unique fields of an account another account already has.
type Taken struct{ Username, Email bool }

// Any reports whether at least one field is taken.
func (t Taken) Any() bool { return t.Username || t.Email }

// NewAccount is an account that does not exist yet, and what is stored with it in
// the same statement.
type NewAccount struct {
	User
	// AfterAdmin refuses the account with ErrNoAdmin while no account is an ADMIN.
	AfterAdmin bool
}

// Creator stores new accounts.
type Creator interface {
	// CreateUser stores the account and returns its id. If another account has
	// the username or the e-mail, it stores nothing and returns which of them are
	// taken.
	CreateUser(ctx context.Context, a NewAccount, e audit.Event) (id int64, taken Taken, err error)
}
