package user

import (
	"context"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
)

// RefreshRequest asks for the next tokens of a session (RFC 6749 §6).
type RefreshRequest struct {
	RefreshToken string `json:"refresh_token"`
}

// Check names what is missing. A text that is no token gets the same answer as
// a token that has ended.
func (in RefreshRequest) Check() fault.Fields {
	fields := fault.Fields{}
	if in.RefreshToken == "" {
		fields.Add("refresh_token", "is required")
	}
	return fields
}

// Renewal is one use of a refresh token.
type Renewal struct {
	Session    string
	Generation int64  // of the token that is used
	Hash       []byte // of that token
	Child      []byte // the hash of the one that follows
	At         time.Time
	IdleEndsAt time.Time     // if the session is renewed
	Grace      time.Duration // in which the same token gets the same child again
}

// Verdict is what a store makes of a renewal.
type Verdict int

// The verdicts.
const (
	SessionOver    Verdict = iota // the session has ended, or never was
	SessionRenewed                // the child is the session's token now, or was already
	TokenReused                   // the token was used up: the store has ended the session
)

// Refresher renews sessions.
type Refresher interface {
	// Renew uses up the session's current token, or recognises the one before
	// it within the grace; an older one ends the session, with the event. It
	// returns the session's account, nil for SessionOver.
	Renew(ctx context.Context, r Renewal, e audit.Event) (Verdict, *User, error)
}

// RefreshParts is what a refresh needs beside the store.
type RefreshParts struct {
	Tokens   TokenIssuer
	Refresh  RefreshTokens
	Sessions SessionRules
	Notices  Notices
}

// Refresh answers the next tokens of a session. The same refresh token gets the
// same next one within the grace, so that a client whose answer was lost, or
// that asks from two tabs, is not logged out. An older token has been copied by
// somebody, and nobody can say which of the two clients is the owner's: the
// session ends (RFC 9700 §4.14.2), and its owner is told by mail.
func Refresh(ctx context.Context, req request.Request, db Refresher, p RefreshParts, in RefreshRequest) (Tokens, error) {
	if err := in.Check().Err(); err != nil {
		return Tokens{}, err
	}
	session, generation, hash, ok := p.Refresh.Parse(in.RefreshToken)
	if !ok {
		return Tokens{}, fault.NotLoggedIn()
	}
	issue, err := p.Tokens.Ready(ctx)
	if err != nil {
		return Tokens{}, err
	}
	next, child := p.Refresh.Next(in.RefreshToken)
	event := audit.NewEvent(req, audit.ActionRefreshReused)
	event.Detail = map[string]string{"session": session}
	verdict, u, err := db.Renew(ctx, Renewal{
		Session: session, Generation: generation, Hash: hash, Child: child,
		At: req.At, IdleEndsAt: req.At.Add(p.Sessions.Idle), Grace: p.Sessions.Grace,
	}, event)
	switch {
	case err != nil:
		return Tokens{}, err
	case verdict == TokenReused:
		logUnsent(ctx, *u, p.Notices.Mailer.SendSessionEnded(ctx, u.Email, u.Username, p.Notices.PublicURL, req.At))
		return Tokens{}, fault.NotLoggedIn()
	case verdict != SessionRenewed:
		return Tokens{}, fault.NotLoggedIn()
	}
	token, lifetime, err := issue(Subject{UUID: u.UUID, Session: session, TokenVersion: u.TokenVersion, Role: u.Role}, req.At)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{AccessToken: token, ExpiresIn: lifetime, RefreshToken: next}, nil
}
