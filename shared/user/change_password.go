package user

import (
	"context"
	"time"
)

// PasswordChange is the password that is and the one that is to be.
type PasswordChange struct {
	CurrentPassword string `json:"current_password"`
	NewPassword     string `json:"new_password"`
}

// Check names every bad field that shows without a look at the account.
func (in PasswordChange) Check(p Passwords) Fields {
	fields := Fields{}
	if in.CurrentPassword == "" {
		fields.add("current_password", "is required")
	}
	fields.add("new_password", p.Policy.Problem(in.NewPassword))
	return fields
}

// ChangePassword sets a new password for the caller, who proves the current
// one. It ends every session but the caller's, whose access tokens it replaces
// by the one that it answers. It answers TooMany when the current password was
// wrong too often.
func ChangePassword(ctx context.Context, caller Caller, from Client, db Updater, p Passwords, limits Limits, tokens TokenIssuer, in PasswordChange, now time.Time) (Tokens, error) {
	if err := in.Check(p).err(); err != nil {
		return Tokens{}, err
	}
	self, _, err := authorize(ctx, caller, db, Me)
	if err != nil {
		return Tokens{}, err
	}
	fields := Fields{}
	fields.add("new_password", p.Policy.Problem(in.NewPassword, self.names()...))
	if err := fields.err(); err != nil {
		return Tokens{}, err
	}
	issue, err := tokens.Ready(ctx)
	if err != nil {
		return Tokens{}, err
	}
	cleared, err := confirm(ctx, from, db, p, limits, *self, in.CurrentPassword, now)
	if err != nil {
		return Tokens{}, err
	}
	if err := p.stolen(ctx, "new_password", in.NewPassword).err(); err != nil {
		return Tokens{}, err
	}
	hash := p.Hasher.Hash(in.NewPassword)
	event := from.event(now, ActionPasswordChanged)
	event.Actor = caller.UUID
	outcome, err := db.UpdateUser(ctx, Guard{Caller: caller, TargetUUID: self.UUID, Username: self.Username}, Edit{
		PasswordHash: &hash, At: now, EndTokens: true, EndResets: true, EndSessions: true, KeepSession: caller.Session, Clear: cleared,
	}, event)
	if err == nil {
		err = outcome.err()
	}
	if err != nil {
		return Tokens{}, err
	}
	token, lifetime, err := issue(Bearer{UUID: self.UUID, Session: caller.Session, TokenVersion: caller.TokenVersion + 1, Role: self.Role}, now)
	return Tokens{AccessToken: token, ExpiresIn: lifetime}, err
}

// confirm checks the current password of an account, within its budget, and
// returns the budgets to give back. A wrong one is noted in the log.
func confirm(ctx context.Context, from Client, db Updater, p Passwords, limits Limits, u User, current string, now time.Time) (cleared []string, err error) {
	tries := limits.current(u.UUID)
	try, err := take(ctx, db, now, tries)
	if err != nil {
		return nil, err
	}
	if ok, _ := p.verify(ctx, u, current); !ok {
		event := from.event(now, ActionPasswordFailed)
		event.Actor, event.Target = u.UUID, u.UUID
		try.note(&event)
		return nil, audit(ctx, db, event, Fields{"current_password": "is not right"}.err())
	}
	return []string{tries.Key}, nil
}
