package user

import (
	"context"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
)

// PasswordChange is the input of ChangePassword.
type PasswordChange struct {
	CurrentPassword string `json:"current_password"`
	NewPassword     string `json:"new_password"`
}

// Check names every field that is bad for any account. ChangePassword also
// compares the new password with the account's names.
func (in PasswordChange) Check(p Passwords) fault.Fields {
	fields := fault.Fields{}
	if in.CurrentPassword == "" {
		fields.Add("current_password", "is required")
	}
	fields.Add("new_password", p.Policy.Check(in.NewPassword))
	return fields
}

// ChangePasswordParts are the dependencies of ChangePassword, besides the store.
type ChangePasswordParts struct {
	Passwords Passwords
	Limits    Limits
	Tokens    TokenIssuer
}

// ChangePassword sets a new password for the caller, who must give the current
// one. It ends all other sessions of the account and returns a new access token
// for the caller's session. It refuses with TooMany after too many wrong current
// passwords.
func ChangePassword(ctx context.Context, req request.Request, db Updater, p ChangePasswordParts, in PasswordChange) (Tokens, error) {
	if err := in.Check(p.Passwords).Err(); err != nil {
		return Tokens{}, err
	}
	self, _, err := authorize(ctx, req.Caller, db, Me)
	if err != nil {
		return Tokens{}, err
	}
	fields := fault.Fields{}
	fields.Add("new_password", p.Passwords.Policy.Check(in.NewPassword, self.contextWords()...))
	if err := fields.Err(); err != nil {
		return Tokens{}, err
	}
	issue, err := p.Tokens.Ready(ctx)
	if err != nil {
		return Tokens{}, err
	}
	confirmation := passwordConfirmation{
		passwords: p.Passwords, budget: p.Limits.currentPassword(self.UUID), user: *self, password: in.CurrentPassword,
	}
	clear, err := confirmation.check(ctx, req, db)
	if err != nil {
		return Tokens{}, err
	}
	if err := p.Passwords.checkBreach(ctx, "new_password", in.NewPassword); err != nil {
		return Tokens{}, notWrong(ctx, db, clear, err)
	}
	hash := p.Passwords.Hasher.Hash(in.NewPassword)
	event := audit.NewEvent(req, audit.ActionPasswordChanged)
	event.Target = self.UUID
	outcome, err := db.UpdateUser(ctx, Guard{Caller: req.Caller, TargetUUID: self.UUID, Username: self.Username}, Edit{
		PasswordHash: &hash, At: req.At, RevokeTokens: true, RevokeResets: true, EndSessions: true, KeepSession: req.Caller.Session, Clear: clear,
	}, event)
	if err == nil {
		err = outcome.err()
	}
	if err != nil {
		return Tokens{}, err
	}
	token, lifetime, err := issue(Subject{
		UUID: self.UUID, Session: req.Caller.Session, TokenVersion: req.Caller.TokenVersion + 1, Role: self.Role,
	}, req.At)
	return Tokens{AccessToken: token, ExpiresIn: lifetime}, err
}
