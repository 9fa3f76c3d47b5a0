package user

import (
	"context"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
)

// LogoutScope says which of the caller's sessions to end.
type LogoutScope string

// The scopes. ScopeThis, the caller's own session, is the default.
const (
	ScopeThis   LogoutScope = "this"
	ScopeOthers LogoutScope = "others"
	ScopeAll    LogoutScope = "all"
)

// LogoutRequest is the input of Logout.
type LogoutRequest struct {
	Scope *LogoutScope `json:"scope"`
}

func (in LogoutRequest) scope() LogoutScope {
	if in.Scope == nil {
		return ScopeThis
	}
	return *in.Scope
}

// Check names a bad scope.
func (in LogoutRequest) Check() fault.Fields {
	fields := fault.Fields{}
	switch in.scope() {
	case ScopeThis, ScopeOthers, ScopeAll:
	default:
		fields.Add("scope", "must be this, others or all")
	}
	return fields
}

// LogoutStore ends sessions of the caller.
type LogoutStore interface {
	// EndOwnSessions ends the sessions of the scope, and returns true. If the
	// caller's own session has ended, it ends none and returns false.
	EndOwnSessions(ctx context.Context, c request.Caller, scope LogoutScope, e audit.Event) (bool, error)
}

// Logout ends the caller's session, the account's other sessions, or all of them.
// From then on their access tokens and refresh tokens are refused.
func Logout(ctx context.Context, req request.Request, db LogoutStore, in LogoutRequest) error {
	if err := in.Check().Err(); err != nil {
		return err
	}
	if !req.Caller.WellFormed() {
		return fault.NotLoggedIn()
	}
	event := audit.NewEvent(req, audit.ActionLogout)
	event.Target = req.Caller.UUID
	event.Detail = map[string]string{"scope": string(in.scope()), "session": req.Caller.Session}
	ok, err := db.EndOwnSessions(ctx, req.Caller, in.scope(), event)
	if err == nil && !ok {
		return fault.NotLoggedIn()
	}
	return err
}
