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
	live, err := OpenReset(ctx, req, db, p, in.Token)
	if err != nil {
		return err
	}
	return live.SetPassword(ctx, req, db, p, in.NewPassword)
}

// LiveReset is a reset token that was valid a moment ago.
type LiveReset struct {
	Username string // of its account; only who holds the token may see it

	user User
	hash []byte
	last bool // the next attempt must wait
}

// OpenReset finds the account of a reset token and does not use the token up. It
// counts as an attempt and refuses as ResetPassword does: with the same error for
// a token that is unknown, used or expired.
func OpenReset(ctx context.Context, req request.Request, db ResetStore, p ResetPasswordParts, token string) (LiveReset, error) {
	hash, ok := p.Tokens.Hash(token)
	if !ok {
		return LiveReset{}, errInvalidToken()
	}
	attempt, err := ratelimit.Consume(ctx, db, req.At, p.Limits.reset(req.Client)...)
	if err != nil {
		return LiveReset{}, err
	}
	live := LiveReset{hash: hash, last: attempt.Last}
	u, err := db.UserByReset(ctx, hash, req.At)
	if err != nil {
		return LiveReset{}, err
	}
	if u == nil {
		return LiveReset{}, live.refuse(ctx, req, db)
	}
	live.Username, live.user = u.Username, *u
	return live, nil
}

// SetPassword sets the password of the account and uses the token up. If the
// password is refused, the token stays valid.
func (l LiveReset) SetPassword(ctx context.Context, req request.Request, db ResetStore, p ResetPasswordParts, newPassword string) error {
	fields := fault.Fields{}
	fields.Add("new_password", p.Passwords.Policy.Check(newPassword, l.user.contextWords()...))
	if err := fields.Err(); err != nil {
		return err
	}
	if err := p.Passwords.checkBreach(ctx, "new_password", newPassword); err != nil {
		return err
	}
	event := audit.NewEvent(req, audit.ActionResetUsed, audit.ActionPasswordChanged)
	event.Target = l.user.UUID
	event.AddIf(l.last, audit.ActionWait)
	use := ResetUse{
		Hash: l.hash, PasswordHash: p.Passwords.Hasher.Hash(newPassword),
		Clear: p.Limits.clearedByReset(l.user.UUID), At: req.At,
	}
	used, err := db.UseReset(ctx, use, event)
	if err == nil && !used {
		return l.refuse(ctx, req, db)
	}
	return err
}

// refuse records a token that opens nothing and returns the refusal.
func (l LiveReset) refuse(ctx context.Context, req request.Request, db ResetStore) error {
	failed := audit.NewEvent(req, audit.ActionResetFailed)
	failed.AddIf(l.last, audit.ActionWait)
	return audit.RecordRefusal(ctx, db, failed, errInvalidToken())
}

func errInvalidToken() error {
	return &fault.Error{
		Code: fault.TokenInvalid, Message: "The token is invalid or has expired.",
		Fields: fault.Fields{"token": "is invalid or has expired"}, // #nosec G101 -- a message
	}
}
