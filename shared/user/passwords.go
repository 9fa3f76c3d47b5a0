package user

import (
	"context"
	"log/slog"

	"roster/shared/aws/metric"
	"roster/shared/fault"
)

// Passwords holds what the operations need to hash, verify and check passwords.
type Passwords struct {
	Hasher PasswordHasher
	Policy PasswordPolicy
	// Breaches checks the passwords that the policy accepts; nil turns the check
	// off.
	Breaches Breaches
}

// PasswordHasher hashes passwords and verifies them.
type PasswordHasher interface {
	Hash(password string) string
	// Verify takes the same time for every stored hash. Stale means that the
	// hash was made with other parameters than today's. An error means that the
	// stored hash cannot be used.
	Verify(stored, password string) (ok, stale bool, err error)
}

// PasswordPolicy says which passwords may be set.
type PasswordPolicy interface {
	// Check returns the reason why the password may not be set, or "" if it may.
	// The context words are the account's names and e-mail.
	Check(password string, contextWords ...string) (reason string)
	// MinimumLength is in characters.
	MinimumLength() int
}

// Breaches knows passwords from breaches of other services.
type Breaches interface {
	// Known answers in bounded time. Its error does not contain the password.
	Known(ctx context.Context, password string) (bool, error)
}

// checkBreach refuses a password that is known from a breach, with a reason for
// the field. If the breach service does not answer, the password is accepted: an
// outage there must not keep people from setting passwords, and the policy has
// checked it already.
func (p Passwords) checkBreach(ctx context.Context, field, password string) error {
	if p.Breaches == nil {
		return nil
	}
	known, err := p.Breaches.Known(ctx, password)
	if err != nil {
		slog.WarnContext(ctx, "a new password was not checked against known breaches", "error", err)
		metric.Count(ctx, "PasswordCheckFailed")
	}
	if known {
		return fault.Fields{field: "is known from a breach of another service"}.Err()
	}
	return nil
}

// verify compares a password with the stored hash of an account, in the same time
// for every hash. It logs a hash that cannot be used.
func (p Passwords) verify(ctx context.Context, u User, password string) (ok, stale bool) {
	ok, stale, err := p.Hasher.Verify(u.PasswordHash, password)
	if err != nil {
		slog.ErrorContext(ctx, "the stored password hash of an account cannot be used", "uuid", u.UUID, "error", err)
	}
	return ok, stale
}
