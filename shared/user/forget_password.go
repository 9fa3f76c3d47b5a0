package user

import (
	"context"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// ResetRequest is the input of ForgetPassword. Both fields must be those of the
// same account.
type ResetRequest struct {
	Username string `json:"username"`
	Email    string `json:"email"`
}

// Check names the missing fields. It does not check their form: see
// Credentials.Check.
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

// ForgetPasswordStore stores reset tokens and counts attempts.
type ForgetPasswordStore interface {
	ratelimit.Limiter
	ResetCreator
}

// ForgetPasswordParts are the dependencies of ForgetPassword, besides the store.
type ForgetPasswordParts struct {
	Tokens  OneTimeTokens
	Notices Notices
	Limits  Limits
}

// ForgetPassword mails a reset token to the stored address of the active account
// with this username and e-mail. It returns a token of the same form and no
// error whether or not there is such an account, and also if the mail cannot be
// sent; that is logged and counted. It refuses with TooMany if the network, or
// anyone for this account, asks too often, whether or not the account exists.
func ForgetPassword(
	ctx context.Context, req request.Request, db ForgetPasswordStore, p ForgetPasswordParts, in ResetRequest,
) (token string, err error) {
	if err := in.Check().Err(); err != nil {
		return "", err
	}
	name, _ := CanonicalUsername(in.Username)
	email, _ := checkEmail(in.Email)
	attempt, err := ratelimit.Consume(ctx, db, req.At, append(p.Limits.forget(req.Client), p.Limits.forgetAccount(in, email))...)
	if err != nil {
		return "", err
	}
	event := audit.NewEvent(req, audit.ActionResetAsked)
	event.AddIf(attempt.Last, audit.ActionWait)
	token, hash := p.Tokens.Mint()
	u, err := db.CreateReset(ctx, newReset(name, email, hash, req.At), event)
	if err != nil || u == nil {
		return token, err
	}
	logUnsent(ctx, *u, p.Notices.Mailer.SendPasswordReset(ctx, u.Email, u.Username, p.Notices.resetLink(token), ResetLifetime))
	return token, nil
}
