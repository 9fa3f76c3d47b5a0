package user

import (
	"context"
	"time"
)

// Action is a kind of security event.
type Action string

// The actions. Each failure that matters has one of its own.
const (
	ActionRegister        Action = "register"
	ActionRegisterFailed  Action = "register_failed"
	ActionLogin           Action = "login"
	ActionLoginFailed     Action = "login_failed"
	ActionWait            Action = "wait" // beside what was tried: the next try will have to wait
	ActionLogout          Action = "logout"
	ActionSessionEnded    Action = "session_ended"
	ActionRefreshReused   Action = "refresh_reused" // a refresh token that was used up; its session has ended
	ActionResetAsked      Action = "reset_asked"
	ActionResetUsed       Action = "reset_used"
	ActionResetFailed     Action = "reset_failed"
	ActionPasswordFailed  Action = "password_failed" // the current one, asked for at a change
	ActionPasswordChanged Action = "password_changed"
	ActionEmailChanged    Action = "email_changed"
	ActionUsernameChanged Action = "username_changed"
	ActionProfileChanged  Action = "profile_changed"
	ActionRoleChanged     Action = "role_changed"
	ActionActiveChanged   Action = "active_changed"
	ActionDelete          Action = "delete"
	ActionSeed            Action = "seed"
)

// Event is one row of the audit log, written in the statement of the change
// itself. It holds no secret, no name and no e-mail: a deleted account leaves
// only its UUID there.
type Event struct {
	Actions []Action
	At      time.Time
	Actor   string // UUID; "" for nobody who has proved who they are
	Target  string // UUID; "" where the statement finds it, or there is none
	From    Client
	Detail  map[string]string
}

// Auditor writes an event that goes with no change.
type Auditor interface {
	Audit(ctx context.Context, e Event) error
}

// audit writes the event of a refusal and returns the refusal, or what kept the
// event from being written: nothing is refused unseen.
func audit(ctx context.Context, db Auditor, e Event, refused error) error {
	if err := db.Audit(ctx, e); err != nil {
		return err
	}
	return refused
}

// event begins an event of a client.
func (c Client) event(now time.Time, actions ...Action) Event {
	return Event{Actions: actions, At: now, From: c}
}
