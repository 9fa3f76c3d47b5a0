package user

import (
	"context"
	"log/slog"

	"roster/shared/password"
)

// Passwords is how the operations hash, check and judge passwords.
type Passwords struct {
	Hasher *password.Hasher
	Policy password.Policy
}

// verify checks a password against a stored hash, with the same work whatever
// the hash. One that cannot be used is for the person who runs this to know.
func (p Passwords) verify(ctx context.Context, u User, given string) (ok, stale bool) {
	ok, stale, err := p.Hasher.Verify(u.PasswordHash, given)
	if err != nil {
		slog.ErrorContext(ctx, "a password cannot be checked", "uuid", u.UUID, "error", err)
	}
	return ok, stale
}
