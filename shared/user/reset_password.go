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
	// UserByReset returns the active account that the token opens at that
	// time, nil when there is none. It does not spend it.
	UserByReset(ctx context.Context, hash []byte, now time.Time) (*User, error)
	// SpendReset sets the password, ends every access token and every other
	// reset token of the account, all at once, and reports whether it did: of
	// two that spend the same token, one.
	SpendReset(ctx context.Context, hash []byte, passwordHash string, now time.Time) (bool, error)
}

// ResetPassword sets a new password by a reset token. A password that is
// refused does not spend the token. It answers TokenInvalid, whatever the
// cause, for a token that opens nothing.
func ResetPassword(ctx context.Context, db ResetStore, tokens OneTimeTokens, p Passwords, in PasswordReset, now time.Time) error {
	if err := in.Check(p).err(); err != nil {
		return err
	}
	dead := &Error{Code: TokenInvalid, Message: "The token is invalid or has expired.", Fields: Fields{"token": "is invalid or has expired"}} // #nosec G101 -- a message
	hash, ok := tokens.Hash(in.Token)
	if !ok {
		return dead
	}
	u, err := db.UserByReset(ctx, hash, now)
	if err != nil {
		return err
	}
	if u == nil {
		return dead
	}
	fields := Fields{}
	fields.add("new_password", p.Policy.Problem(in.NewPassword, u.names()...))
	if err := fields.err(); err != nil {
		return err
	}
	if err := p.stolen(ctx, "new_password", in.NewPassword).err(); err != nil {
		return err
	}
	spent, err := db.SpendReset(ctx, hash, p.Hasher.Hash(in.NewPassword), now)
	if err != nil {
		return err
	}
	if !spent {
		return dead
	}
	return nil
}
