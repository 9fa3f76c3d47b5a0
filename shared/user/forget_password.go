package user

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/ratelimit"
	"roster/shared/request"
)

// ResetRequest is the input of ForgetPassword. One field is enough. With both,
// they must be those of the same account.
type ResetRequest struct {
	Username *string `json:"username"`
	Email    *string `json:"email"`
}

// ResetRequestFor returns the request for what somebody typed into one field: an
// e-mail address if it has an @, which no username has, and otherwise a username. It
// returns false if that is blank. Space before a username does not count towards its
// length, because no pattern in openapi.yaml could say so otherwise.
func ResetRequestFor(account string) (in ResetRequest, ok bool) {
	switch {
	case trim(account) == "":
		return ResetRequest{}, false
	case strings.Contains(account, "@"):
		return ResetRequest{Email: &account}, true
	case utf8.RuneCountInString(account) <= maxGivenEmail:
		account = strings.TrimLeftFunc(account, surrounds)
	}
	return ResetRequest{Username: &account}, true
}

// Check names both fields if neither is given, and each that is blank or too long.
// It does not check their form: see Credentials.Check.
func (in ResetRequest) Check() fault.Fields {
	fields := fault.Fields{}
	if in.Username == nil && in.Email == nil {
		fields.Add("username", "is required without email")
		fields.Add("email", "is required without username")
	}
	if in.Username != nil {
		fields.Add("username", checkGiven(*in.Username, maxGivenUsername))
	}
	if in.Email != nil {
		fields.Add("email", checkGiven(*in.Email, maxGivenEmail))
	}
	return fields
}

// checkGiven returns the reason why a text that is only compared with what is stored
// cannot be taken, or "". Its form is not judged. Other operations refuse what is too
// long as they refuse what is wrong; this one would answer that it was taken.
func checkGiven(s string, maxLength int) (reason string) {
	switch {
	case trim(s) == "":
		return "is required"
	case utf8.RuneCountInString(s) > maxLength:
		return fmt.Sprintf("must have at most %d characters", maxLength)
	}
	return ""
}

// target returns what the account must have. An invalid username or e-mail stays
// a condition, as the empty text, which no account has: the statement then does
// the same work and finds nothing.
func (in ResetRequest) target() (t ResetTarget) {
	if in.Username != nil {
		name, _ := CanonicalUsername(*in.Username)
		t.Username = &name
	}
	if in.Email != nil {
		email, _ := checkEmail(*in.Email)
		t.Email = &email
	}
	return t
}

// lookup names the account for its budget. What no account can have finds none.
// Each of the two that is given is in Typed: requests with the same Typed ask for
// the same account, so that whether they share a budget tells nothing.
func (in ResetRequest) lookup(t ResetTarget) (l Lookup) {
	if in.Username != nil {
		l.Username = *t.Username
		l.Typed += ratelimit.Key("username", limitKey(*in.Username))
	}
	if in.Email != nil {
		l.Email = *t.Email
		l.Typed += ratelimit.Key("email", strings.ToLower(cmp.Or(*t.Email, trim(*in.Email))))
	}
	if in.Username != nil && l.Username == "" || in.Email != nil && l.Email == "" {
		l.Username, l.Email = "", ""
	}
	return l
}

// ForgetPasswordStore stores reset tokens and counts attempts.
type ForgetPasswordStore interface {
	Finder
	ResetCreator
}

// ForgetPasswordParts are the dependencies of ForgetPassword, besides the store.
type ForgetPasswordParts struct {
	Tokens  OneTimeTokens
	Notices Notices
	Limits  Limits
}

// ForgetPassword mails a reset token to the stored address of the active account
// with this username, this e-mail, or both. It returns a token of the same form and no
// error whether or not there is such an account, and also if the mail cannot be
// sent; that is logged and counted. It refuses with TooMany if the network, or
// anyone for this account, asks too often, whether or not the account exists.
func ForgetPassword(
	ctx context.Context, req request.Request, db ForgetPasswordStore, p ForgetPasswordParts, in ResetRequest,
) (token string, err error) {
	if err := in.Check().Err(); err != nil {
		return "", err
	}
	target := in.target()
	lookup := in.lookup(target)
	lookup.Budgets = append(p.Limits.forget(req.Client), p.Limits.forgetAccount())
	found, err := lookup.attempt(ctx, db, req.At)
	if err != nil {
		return "", err
	}
	event := audit.NewEvent(req, audit.ActionResetAsked)
	event.AddIf(found.Last, audit.ActionWait)
	token, hash := p.Tokens.Mint()
	u, err := db.CreateReset(ctx, newReset(target, hash, req.At), event)
	if err != nil || u == nil {
		return token, err
	}
	logUnsent(ctx, *u, p.Notices.Mailer.SendPasswordReset(ctx, u.Email, u.Username, p.Notices.resetLink(token), ResetLifetime))
	return token, nil
}
