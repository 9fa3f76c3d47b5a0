// Package audit says what the audit log holds: which actions there are, what an
// event is made of, and what may be asked of the log.
//
//	event := audit.NewEvent(req, audit.ActionLogin)
//
// An event is written in the statement of the change itself, or by a Recorder
// where nothing changes, such as a failed login. The package refuses to store
// anything: package postgres does.
package audit

import (
	"context"
	"slices"
	"time"

	"roster/shared/request"
)

// Action is a kind of security event.
type Action string

// The actions. Each failure that matters has one of its own.
const (
	ActionRegister        Action = "register"
	ActionRegisterFailed  Action = "register_failed"
	ActionLogin           Action = "login"
	ActionLoginFailed     Action = "login_failed"
	ActionWait            Action = "wait" // beside what was tried: the next attempt will have to wait
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

// Actions are all actions, for a query that asks for one.
var Actions = []Action{
	ActionRegister, ActionRegisterFailed, ActionLogin, ActionLoginFailed, ActionWait,
	ActionLogout, ActionSessionEnded, ActionRefreshReused,
	ActionResetAsked, ActionResetUsed, ActionResetFailed, ActionPasswordFailed, ActionPasswordChanged,
	ActionEmailChanged, ActionUsernameChanged, ActionProfileChanged, ActionRoleChanged, ActionActiveChanged,
	ActionDelete, ActionSeed,
}

// Event is one row of the audit log. It holds no secret, no name and no e-mail:
// a deleted account leaves only its UUID there.
type Event struct {
	Actions []Action
	At      time.Time
	Actor   string // UUID; "" for nobody who has proved who they are
	Target  string // UUID; "" where the statement finds it, or there is none
	From    request.Client
	Detail  map[string]string
}

// NewEvent begins the event of a request. The actor is the request's caller.
func NewEvent(req request.Request, actions ...Action) Event {
	return Event{Actions: actions, At: req.At, Actor: req.Caller.UUID, From: req.Client}
}

// AddIf adds an action where it applies.
func (e *Event) AddIf(applies bool, a Action) {
	if applies {
		e.Actions = append(slices.Clip(e.Actions), a)
	}
}

// Recorder writes an event that goes with no change.
type Recorder interface {
	Record(ctx context.Context, e Event) error
}

// Refuse writes the event of a refusal and returns the refusal. When the event
// cannot be written it returns that error instead: nothing is refused unseen.
func RecordRefusal(ctx context.Context, db Recorder, e Event, refusal error) error {
	if err := db.Record(ctx, e); err != nil {
		return err
	}
	return refusal
}
