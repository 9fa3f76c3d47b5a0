package user

import (
	"context"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// ResetRequest names an account by its username and its e-mail, both.
type ResetRequest struct {
	Username string `json:"username"`
	Email    string `json:"email"`
}

// Check names what is missing. Like Credentials.Check it says nothing of the
// form.
func (in ResetRequest) Check() fault.Fields {
	fields := fault.Fields{}
	if in.Username == "" {
		fields.Add("username", "is required")
	}
	if in.Email == "" {
		fields.Add("email", "is required")
	}
	return fields
}

// ForgetPasswordStore stores reset tokens within limits.
type ForgetPasswordStore interface {
	ratelimit.Limiter
	ResetCreator
}

// ForgetPasswordParts is what the request for a reset needs beside the store.
type ForgetPasswordParts struct {
	Tokens  OneTimeTokens
	Notices Notices
	Limits  Limits
}

// ForgetPassword mails a reset token to the stored address of the active
// account that has this username and e-mail. Whether or not there is one, it
// returns a token of the same form and no error; a mail that cannot be sent is
// logged and counted and changes nothing either. It answers TooMany to a
// network that asks often and for an account that is asked for often, whether
// or not that account exists.
func ForgetPassword(ctx context.Context, req request.Request, db ForgetPasswordStore, p ForgetPasswordParts, in ResetRequest) (token string, err error) {
	if err := in.Check().Err(); err != nil {
		return "", err
	}
	name, _ := CanonicalUsername(in.Username)
	email, _ := checkEmail(in.Email)
	attempt, err := ratelimit.Consume(ctx, db, req.At, p.Limits.forgetAccount(in, email), p.Limits.forget(req.Client.Network()))
	if err != nil {
		return "", err
	}
	event := audit.NewEvent(req, audit.ActionResetAsked)
	event.AddIf(attempt.Last, audit.ActionWait)
	token, hash := p.Tokens.Mint()
	u, err := db.CreateReset(ctx, name, email, newReset(hash, req.At), event)
	if err != nil || u == nil {
		return token, err
	}
	logUnsent(ctx, *u, p.Notices.Mailer.SendPasswordReset(ctx, u.Email, u.Username, p.Notices.resetLink(token), ResetLifetime))
	return token, nil
}
