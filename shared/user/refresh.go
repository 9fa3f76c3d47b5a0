package user

import (
	"context"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
)

// RefreshRequest is the input of Refresh (RFC 6749 §6).
type RefreshRequest struct {
	RefreshToken string `json:"refresh_token"`
}

// Check names a missing token. It does not check the form, because malformed and
// expired tokens get the same answer.
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
	Generation int64  // of the used token
	Hash       []byte // of the used token
	Child      []byte // the hash of the next token
	At         time.Time
	IdleEndsAt time.Time     // the session's new idle end
	Grace      time.Duration // during which the used token may come again
	Client     request.Client
}

// RenewalOutcome is the store's decision on a renewal.
type RenewalOutcome int

// The outcomes of a renewal.
const (
	SessionOver    RenewalOutcome = iota // the session has ended or never existed
	SessionRenewed                       // the child is now the session's token, or was already
	TokenReused                          // the token was used before: the store has ended the session
	TokenRepeated                        // another client has the token that was used within the grace
)

// Refresher renews sessions.
type Refresher interface {
	// Renew replaces the session's current token by the child. It accepts the
	// token before the current one, too, within the grace and from the client
	// that has used it. An older token ends the session and records the event.
	// Renew returns the session's account, which is nil for SessionOver.
	Renew(ctx context.Context, r Renewal, e audit.Event) (RenewalOutcome, *User, error)
	// RecordRepeat records the event of TokenRepeated, once for each token. It
	// reports whether it is the first one of the session.
	RecordRepeat(ctx context.Context, session string, generation int64, e audit.Event) (first bool, err error)
}

// RefreshParts are the dependencies of Refresh, besides the store.
type RefreshParts struct {
	Tokens   TokenIssuer
	Refresh  RefreshTokens
	Sessions SessionRules
	Notices  Notices
}

// Refresh returns the next tokens of a session. Within the grace the same refresh
// token gets the same next one, so that a client is not logged out if an answer
// was lost or if it asks from two tabs. Another client (another network or user
// agent) does not get it: it is refused, and the owner is mailed, once for a
// session. An older token means that somebody has copied a token. The server
// cannot know which of the two clients is the owner, so it ends the session (RFC
// 9700 §4.14.2) and mails the owner.
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
	outcome, u, err := db.Renew(ctx, Renewal{
		Session: session, Generation: generation, Hash: hash, Child: child,
		At: req.At, IdleEndsAt: req.At.Add(p.Sessions.Idle), Grace: p.Sessions.Grace, Client: req.Client,
	}, event)
	switch {
	case err != nil:
		return Tokens{}, err
	case outcome == TokenReused:
		logUnsent(ctx, *u, p.Notices.Mailer.SendSessionEnded(ctx, u.Email, u.Username, p.Notices.PublicURL, req.At))
		return Tokens{}, fault.NotLoggedIn()
	case outcome == TokenRepeated:
		event.Actions = []audit.Action{audit.ActionRefreshRepeated}
		event.Target = u.UUID
		first, err := db.RecordRepeat(ctx, session, generation, event)
		if err != nil {
			return Tokens{}, err
		}
		if first {
			logUnsent(ctx, *u, p.Notices.Mailer.SendTokenRepeated(ctx, u.Email, u.Username, p.Notices.PublicURL, req.At))
		}
		return Tokens{}, fault.NotLoggedIn()
	case outcome != SessionRenewed:
		return Tokens{}, fault.NotLoggedIn()
	}
	token, lifetime, err := issue(Subject{UUID: u.UUID, Session: session, TokenVersion: u.TokenVersion, Role: u.Role}, req.At)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{AccessToken: token, ExpiresIn: lifetime, RefreshToken: next}, nil
}
