package user

import (
	"context"
	"log/slog"

	"roster/shared/aws/metric"
	"roster/shared/credential/password"
)

// Breaches knows the passwords that were stolen elsewhere.
type Breaches interface {
	// Known answers in bounded time, and with an error that holds nothing of
	// the password.
	Known(ctx context.Context, password string) (bool, error)
}

// Passwords is how the operations hash, check and judge passwords.
type Passwords struct {
	Hasher *password.Hasher
	Policy password.Policy
	// Breaches is asked for what the policy lets pass; nil when nobody is.
	Breaches Breaches
}

// stolen names the field when its password is known from a breach. When nobody
// can say, it is not: whoever runs that service must not decide whether people
// can set passwords. The policy has judged it by then.
func (p Passwords) stolen(ctx context.Context, field, given string) Fields {
	fields := Fields{}
	if p.Breaches == nil {
		return fields
	}
	known, err := p.Breaches.Known(ctx, given)
	if err != nil {
		slog.WarnContext(ctx, "a new password was not compared with those from breaches", "error", err)
		metric.Count(ctx, "PasswordCheckFailed")
	}
	if known {
		fields.add(field, "is known from a breach of another service")
	}
	return fields
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
