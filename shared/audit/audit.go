// Package audit defines the audit log: the actions, the event that records them,
// and the query that reads them.
//
//	event := audit.NewEvent(req, audit.ActionLogin)
//
// A change writes its event in the same SQL statement. Where nothing changes,
// such as at a failed login, a Recorder writes it. The package refuses to store
// anything itself; package postgres stores events.
package audit

import (
	"context"
	"slices"
	"time"

	"roster/shared/request"
)

// Action is a kind of security event.
type Action string

// The actions. Each failure that an operator should see has its own action.
const (
	ActionRegister        Action = "register"
	ActionRegisterFailed  Action = "register_failed"
	ActionCreate          Action = "create"        // an ADMIN made an account
	ActionCreateFailed    Action = "create_failed" // a name is taken
	ActionLogin           Action = "login"
	ActionLoginFailed     Action = "login_failed"
	ActionWait            Action = "wait" // in addition to another action: the next attempt must wait
	ActionLogout          Action = "logout"
	ActionSessionEnded    Action = "session_ended"
	ActionRefreshReused   Action = "refresh_reused"   // a used refresh token came again; its session has ended
	ActionRefreshRepeated Action = "refresh_repeated" // another client sent a token that had just been used; it was refused
	ActionResetAsked      Action = "reset_asked"
	ActionResetUsed       Action = "reset_used"
	ActionResetFailed     Action = "reset_failed"
	ActionPasswordFailed  Action = "password_failed" // the current password given with a change was wrong
	ActionPasswordChanged Action = "password_changed"
	ActionEmailChanged    Action = "email_changed"
	ActionUsernameChanged Action = "username_changed"
	ActionProfileChanged  Action = "profile_changed"
	ActionMetadataChanged Action = "metadata_changed"
	ActionRoleChanged     Action = "role_changed"
	ActionActiveChanged   Action = "active_changed"
	ActionUpdateFailed    Action = "update_failed" // a name is taken, or the last ADMIN would be gone
	ActionDelete          Action = "delete"
	ActionDeleteFailed    Action = "delete_failed" // the last ADMIN would be gone
	ActionSeed            Action = "seed"
	ActionDataExported    Action = "data_exported" // everything about an account was read

	// What an operator does to all accounts, or to the log itself.
	ActionAllSessionsEnded Action = "all_sessions_ended"
	ActionAuditErased      Action = "audit_erased"  // a deleted account was erased from the log
	ActionAuditTrimmed     Action = "audit_trimmed" // old entries were removed from the log
	ActionImport           Action = "import"        // accounts were imported from a file
)

// Actions lists all actions. A query may ask for any of them.
var Actions = []Action{
	ActionRegister, ActionRegisterFailed, ActionCreate, ActionCreateFailed, ActionLogin, ActionLoginFailed, ActionWait,
	ActionLogout, ActionSessionEnded, ActionRefreshReused, ActionRefreshRepeated,
	ActionResetAsked, ActionResetUsed, ActionResetFailed, ActionPasswordFailed, ActionPasswordChanged,
	ActionEmailChanged, ActionUsernameChanged, ActionProfileChanged, ActionMetadataChanged, ActionRoleChanged, ActionActiveChanged,
	ActionUpdateFailed, ActionDelete, ActionDeleteFailed, ActionSeed, ActionDataExported, ActionAllSessionsEnded, ActionAuditErased, ActionAuditTrimmed, ActionImport,
}

// Event is one row of the audit log. It holds no secret, no name and no e-mail,
// so that only the UUID of a deleted account is left in the log.
type Event struct {
	Actions []Action
	At      time.Time
	Actor   string // UUID; "" while the caller has not proved who it is
	Target  string // UUID; "" if the SQL statement fills it in, or if there is none
	Client  request.Client
	Detail  map[string]string
}

// NewEvent returns an event with the request's caller as its actor.
func NewEvent(req request.Request, actions ...Action) Event {
	return Event{Actions: actions, At: req.At, Actor: req.Caller.UUID, Client: req.Client}
}

// AddIf adds the action if it applies.
func (e *Event) AddIf(applies bool, a Action) {
	if applies {
		e.Actions = append(slices.Clip(e.Actions), a)
	}
}

// Recorder writes an event that does not belong to a change.
type Recorder interface {
	Record(ctx context.Context, e Event) error
}

// RecordRefusal writes the event of a refusal and returns the refusal. If the
// event cannot be written, it returns that error instead.
func RecordRefusal(ctx context.Context, db Recorder, e Event, refusal error) error {
	if err := db.Record(ctx, e); err != nil {
		return err
	}
	return refusal
}
