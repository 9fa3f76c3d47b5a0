package user

import (
	"context"
	"time"
)

// PasswordReset is a reset token and the password that it sets.
type PasswordReset struct {
	Token       string `json:"token"`
	NewPassword string `json:"new_password"`
}

// Check names every bad field that shows without a look at the account.
func (in PasswordReset) Check(p Passwords) Fields {
	fields := Fields{}
	if in.Token == "" {
		fields.add("token", "is required")
	}
	fields.add("new_password", p.Policy.Problem(in.NewPassword))
	return fields
}

// ResetStore finds and spends reset tokens.
type ResetStore interface {
	Limiter
	Auditor
	// UserByReset returns the active account that the token opens at that
	// time, nil when there is none. It does not spend it.
	UserByReset(ctx context.Context, hash []byte, now time.Time) (*User, error)
	// SpendReset sets the password, ends every access token and every other
	// reset token of the account and clears the budgets, all at once, and
	// reports whether it did: of two that spend the same token, one.
	SpendReset(ctx context.Context, hash []byte, passwordHash string, clear []string, now time.Time, e Event) (bool, error)
}

// ResetPassword sets a new password by a reset token. A password that is
// refused does not spend the token. It answers TokenInvalid, whatever the
// cause, for a token that opens nothing, and TooMany to a network that tries
// many. A reset gives the account its tries at the password back.
func ResetPassword(ctx context.Context, from Client, db ResetStore, tokens OneTimeTokens, p Passwords, limits Limits, in PasswordReset, now time.Time) error {
	if err := in.Check(p).err(); err != nil {
		return err
	}
	dead := &Error{Code: TokenInvalid, Message: "The token is invalid or has expired.", Fields: Fields{"token": "is invalid or has expired"}} // #nosec G101 -- a message
	hash, ok := tokens.Hash(in.Token)
	if !ok {
		return dead
	}
	try, err := take(ctx, db, now, limits.Reset.budget("reset network", from.network()))
	if err != nil {
		return err
	}
	failed := from.event(now, ActionResetFailed)
	try.note(&failed)
	u, err := db.UserByReset(ctx, hash, now)
	if err != nil {
		return err
	}
	if u == nil {
		return audit(ctx, db, failed, dead)
	}
	fields := Fields{}
	fields.add("new_password", p.Policy.Problem(in.NewPassword, u.names()...))
	if err := fields.err(); err != nil {
		return err
	}
	if err := p.stolen(ctx, "new_password", in.NewPassword).err(); err != nil {
		return err
	}
	cleared := append(limits.cleared(u.Username, "", from.network()), limits.current(u.UUID).Key)
	event := from.event(now, ActionResetUsed, ActionPasswordChanged)
	try.note(&event)
	spent, err := db.SpendReset(ctx, hash, p.Hasher.Hash(in.NewPassword), cleared, now, event)
	if err == nil && !spent {
		return audit(ctx, db, failed, dead)
	}
	return err
}
