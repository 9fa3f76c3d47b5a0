package user

import (
	"context"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// PasswordReset is a reset token and the password that it sets.
type PasswordReset struct {
	Token       string `json:"token"`
	NewPassword string `json:"new_password"`
}

// Check names every bad field that shows without a look at the account.
func (in PasswordReset) Check(p Passwords) fault.Fields {
	fields := fault.Fields{}
	if in.Token == "" {
		fields.Add("token", "is required")
	}
	fields.Add("new_password", p.Policy.Check(in.NewPassword))
	return fields
}

// ResetStore finds and spends reset tokens.
type ResetStore interface {
	ratelimit.Limiter
	audit.Recorder
	// UserByReset returns the active account that the token opens at that
	// time, nil when there is none. It does not spend the token.
	UserByReset(ctx context.Context, hash []byte, now time.Time) (*User, error)
	// SpendReset sets the password, revokes every access token and every other
	// reset token of the account and clears the budgets, all at once, and
	// reports whether it did: of two requests that spend the same token, one
	// succeeds.
	SpendReset(ctx context.Context, s SpentReset, e audit.Event) (bool, error)
}

// SpentReset is a reset token on its way to being spent.
type SpentReset struct {
	Hash         []byte // of the token
	PasswordHash string
	Clear        []string // keys of budgets
	At           time.Time
}

// ResetPasswordParts is what a reset needs beside the store.
type ResetPasswordParts struct {
	Tokens    OneTimeTokens
	Passwords Passwords
	Limits    Limits
}

// ResetPassword sets a new password by a reset token. A password that is
// refused does not spend the token. It answers TokenInvalid, whatever the
// cause, for a token that opens nothing, and TooMany to a network that tries
// many. A reset clears the account's counters of failed logins.
func ResetPassword(ctx context.Context, req request.Request, db ResetStore, p ResetPasswordParts, in PasswordReset) error {
	if err := in.Check(p.Passwords).Err(); err != nil {
		return err
	}
	dead := &fault.Error{Code: fault.TokenInvalid, Message: "The token is invalid or has expired.", Fields: fault.Fields{"token": "is invalid or has expired"}} // #nosec G101 -- a message
	hash, ok := p.Tokens.Hash(in.Token)
	if !ok {
		return dead
	}
	network := req.Client.Network()
	attempt, err := ratelimit.Consume(ctx, db, req.At, p.Limits.reset(network))
	if err != nil {
		return err
	}
	failed := audit.NewEvent(req, audit.ActionResetFailed)
	failed.AddIf(attempt.Last, audit.ActionWait)
	u, err := db.UserByReset(ctx, hash, req.At)
	if err != nil {
		return err
	}
	if u == nil {
		return audit.RecordRefusal(ctx, db, failed, dead)
	}
	fields := fault.Fields{}
	fields.Add("new_password", p.Passwords.Policy.Check(in.NewPassword, u.contextWords()...))
	if err := fields.Err(); err != nil {
		return err
	}
	if err := p.Passwords.checkBreach(ctx, "new_password", in.NewPassword); err != nil {
		return err
	}
	clear := append(p.Limits.clearedByLogin(u.Username, "", network), p.Limits.currentPassword(u.UUID).Key)
	event := audit.NewEvent(req, audit.ActionResetUsed, audit.ActionPasswordChanged)
	event.AddIf(attempt.Last, audit.ActionWait)
	spent, err := db.SpendReset(ctx, SpentReset{Hash: hash, PasswordHash: p.Passwords.Hasher.Hash(in.NewPassword), Clear: clear, At: req.At}, event)
	if err == nil && !spent {
		return audit.RecordRefusal(ctx, db, failed, dead)
	}
	return err
}
