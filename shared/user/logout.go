package user

import (
	"context"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
)

// LogoutScope says which of the caller's sessions end.
type LogoutScope string

// The scopes; none is the session that asks.
const (
	ScopeThis   LogoutScope = "this"
	ScopeOthers LogoutScope = "others"
	ScopeAll    LogoutScope = "all"
)

// LogoutRequest asks for the end of sessions.
type LogoutRequest struct {
	Scope *LogoutScope `json:"scope"`
}

func (in LogoutRequest) scope() LogoutScope {
	if in.Scope == nil {
		return ScopeThis
	}
	return *in.Scope
}

// Check names a scope that is none.
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
	// EndOwnSessions ends the sessions of the scope if the caller's own is
	// alive, and reports whether it was.
	EndOwnSessions(ctx context.Context, c request.Caller, scope LogoutScope, e audit.Event) (bool, error)
}

// Logout ends the caller's session, its others, or all. Their access tokens and
// refresh tokens are dead when it returns.
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
