package user

import (
	"context"
	"time"

	"roster/shared/credential/refresh"
	"roster/shared/mail"
)

// RefreshRequest asks for the next tokens of a session (RFC 6749 §6).
type RefreshRequest struct {
	RefreshToken string `json:"refresh_token"`
}

// Check names what is missing. A text that is no token is answered like one
// that has ended.
func (in RefreshRequest) Check() Fields {
	fields := Fields{}
	if in.RefreshToken == "" {
		fields.add("refresh_token", "is required")
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
	Grace      time.Duration // in which the same token is answered the same child
}

// Verdict is what a store makes of a renewal.
type Verdict int

// The verdicts.
const (
	Over    Verdict = iota // the session has ended, or never was
	Renewed                // the child is the session's token now, or was already
	Reused                 // the token was used up: the store has ended the session
)

// Refresher renews sessions.
type Refresher interface {
	// Renew uses up the session's current token, or recognises the one before
	// it within the grace; an older one ends the session, with the event. It
	// returns the session's account, nil when it is Over.
	Renew(ctx context.Context, r Renewal, e Event) (Verdict, *User, error)
}

// Notices is how the owner of an account is told what happened to it.
type Notices struct {
	Mailer    Mailer
	PublicURL string
}

// Refreshes is what a refresh needs beside the store.
type Refreshes struct {
	Tokens   TokenIssuer
	Refresh  refresh.Keys
	Sessions SessionRules
	Notices  Notices
}

// Refresh answers the next tokens of a session. The same refresh token is
// answered the same next one while it may be, so that a client whose answer was
// lost, or that asks from two tabs, is not logged out. One that is older has
// been copied by somebody, and nobody can say who of the two is the owner: the
// session ends (RFC 9700 §4.14.2), and its owner is told by mail.
func Refresh(ctx context.Context, from Client, db Refresher, rs Refreshes, in RefreshRequest, now time.Time) (Tokens, error) {
	if err := in.Check().err(); err != nil {
		return Tokens{}, err
	}
	used, ok := rs.Refresh.Open(in.RefreshToken)
	if !ok {
		return Tokens{}, errUnauthenticated()
	}
	issue, err := rs.Tokens.Ready(ctx)
	if err != nil {
		return Tokens{}, err
	}
	child := rs.Refresh.Child(used)
	event := from.event(now, ActionRefreshReused)
	event.Detail = map[string]string{"session": used.Session}
	verdict, u, err := db.Renew(ctx, Renewal{
		Session: used.Session, Generation: used.Generation, Hash: used.Hash(), Child: child.Hash(),
		At: now, IdleEndsAt: now.Add(rs.Sessions.Idle), Grace: rs.Sessions.Grace,
	}, event)
	switch {
	case err != nil:
		return Tokens{}, err
	case verdict == Reused:
		_ = send(ctx, rs.Notices.Mailer, mail.SessionEnded(mail.SessionEndedInput{To: u.Email, Username: u.Username, Service: rs.Notices.PublicURL, At: now}), *u)
		return Tokens{}, errUnauthenticated()
	case verdict != Renewed:
		return Tokens{}, errUnauthenticated()
	}
	token, lifetime, err := issue(Bearer{UUID: u.UUID, Session: used.Session, TokenVersion: u.TokenVersion, Role: u.Role}, now)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{AccessToken: token, ExpiresIn: lifetime, RefreshToken: rs.Refresh.Text(child)}, nil
}
