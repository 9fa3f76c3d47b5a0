package user

import (
	"context"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// PasswordReset is the input of ResetPassword.
type PasswordReset struct {
	Token       string `json:"token"`
	NewPassword string `json:"new_password"`
}

// Check names every field that is bad for any account. ResetPassword also
// compares the new password with the account's names.
func (in PasswordReset) Check(p Passwords) fault.Fields {
	fields := fault.Fields{}
	if in.Token == "" {
		fields.Add("token", "is required")
	}
	fields.Add("new_password", p.Policy.Check(in.NewPassword))
	return fields
}

// ResetStore finds and uses reset tokens.
type ResetStore interface {
	ratelimit.Limiter
	audit.Recorder
	// UserByReset returns the active account of a valid token, or nil if there
	// is none. It does not use the token up.
	UserByReset(ctx context.Context, hash []byte, now time.Time) (*User, error)
	// UseReset uses the token up. In one step it sets the password, revokes
	// all access tokens and all other reset tokens of the account, and clears
	// the budgets. It returns false if the token is no longer valid: if two
	// requests use the same token, only one succeeds.
	UseReset(ctx context.Context, s ResetUse, e audit.Event) (bool, error)
}

// ResetUse is the use of a reset token.
type ResetUse struct {
	Hash         []byte // of the token
	PasswordHash string
	Clear        []ratelimit.Budget
	At           time.Time
}

// ResetPasswordParts are the dependencies of ResetPassword, besides the store.
type ResetPasswordParts struct {
	Tokens    OneTimeTokens
	Passwords Passwords
	Limits    Limits
}

// ResetPassword sets a new password with a reset token. If the password is
// refused, the token stays valid. It refuses with TokenInvalid if the token is
// unknown, used or expired, and with TooMany if the network has tried too often.
// A reset clears the account's counters of failed logins.
func ResetPassword(ctx context.Context, req request.Request, db ResetStore, p ResetPasswordParts, in PasswordReset) error {
	if err := in.Check(p.Passwords).Err(); err != nil {
		return err
	}
	hash, ok := p.Tokens.Hash(in.Token)
	if !ok {
		return errInvalidToken()
	}
	attempt, err := ratelimit.Consume(ctx, db, req.At, p.Limits.reset(req.Client)...)
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
		return audit.RecordRefusal(ctx, db, failed, errInvalidToken())
	}
	fields := fault.Fields{}
	fields.Add("new_password", p.Passwords.Policy.Check(in.NewPassword, u.contextWords()...))
	if err := fields.Err(); err != nil {
		return err
	}
	if err := p.Passwords.checkBreach(ctx, "new_password", in.NewPassword); err != nil {
		return err
	}
	clear := p.Limits.clearedByReset(u.UUID, req.Client.Network())
	event := audit.NewEvent(req, audit.ActionResetUsed, audit.ActionPasswordChanged)
	event.AddIf(attempt.Last, audit.ActionWait)
	passwordHash := p.Passwords.Hasher.Hash(in.NewPassword)
	used, err := db.UseReset(ctx, ResetUse{Hash: hash, PasswordHash: passwordHash, Clear: clear, At: req.At}, event)
	if err == nil && !used {
		return audit.RecordRefusal(ctx, db, failed, errInvalidToken())
	}
	return err
}

func errInvalidToken() error {
	return &fault.Error{
		Code: fault.TokenInvalid, Message: "The token is invalid or has expired.",
		Fields: fault.Fields{"token": "is invalid or has expired"}, // #nosec G101 -- a message
	}
}
