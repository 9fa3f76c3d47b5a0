package user

import (
	"context"
	"log/slog"

	"roster/shared/aws/metric"
	"roster/shared/fault"
)

// Passwords is how the operations hash, check and judge passwords.
type Passwords struct {
	Hasher PasswordHasher
	Policy PasswordPolicy
	// Breaches is asked about what the policy lets pass; nil when nobody is.
	Breaches Breaches
}

// PasswordHasher hashes passwords and verifies them.
type PasswordHasher interface {
	Hash(password string) string
	// Verify does the same work whatever the hash. Stale says that the hash
	// was made with other parameters than those of today. An error says that
	// the stored hash cannot be used.
	Verify(stored, password string) (ok, stale bool, err error)
}

// PasswordPolicy says which passwords may be set.
type PasswordPolicy interface {
	// Check returns in a few words why the password may not be set, or "" when
	// it may. The context is what belongs to the account: its names and e-mail.
	Check(password string, context ...string) (reason string)
	// MinimumLength is in characters.
	MinimumLength() int
}

// Breaches knows the passwords that were stolen from other services.
type Breaches interface {
	// Known answers in bounded time, and with an error that holds nothing of
	// the password.
	Known(ctx context.Context, password string) (bool, error)
}

// checkBreach refuses a password that is known from a breach, under the name of
// its field. When the service that knows does not answer, the password passes:
// the people who run that service must not decide whether passwords can be set,
// and the policy has judged it by then.
func (p Passwords) checkBreach(ctx context.Context, field, password string) error {
	if p.Breaches == nil {
		return nil
	}
	known, err := p.Breaches.Known(ctx, password)
	if err != nil {
		slog.WarnContext(ctx, "a new password was not compared with those from breaches", "error", err)
		metric.Count(ctx, "PasswordCheckFailed")
	}
	if known {
		return fault.Fields{field: "is known from a breach of another service"}.Err()
	}
	return nil
}

// verify checks a password against the stored hash of an account, with the same
// work whatever the hash. A hash that cannot be used is logged for the operator.
func (p Passwords) verify(ctx context.Context, u User, password string) (ok, stale bool) {
	ok, stale, err := p.Hasher.Verify(u.PasswordHash, password)
	if err != nil {
		slog.ErrorContext(ctx, "a password cannot be checked", "uuid", u.UUID, "error", err)
	}
	return ok, stale
}
