package user

import (
	"context"
	"time"
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
func (in LogoutRequest) Check() Fields {
	fields := Fields{}
	switch in.scope() {
	case ScopeThis, ScopeOthers, ScopeAll:
	default:
		fields.add("scope", "must be this, others or all")
	}
	return fields
}

// LogoutStore ends sessions of the caller.
type LogoutStore interface {
	// EndOwnSessions ends the sessions of the scope if the caller's own is
	// alive, and reports whether it was.
	EndOwnSessions(ctx context.Context, c Caller, scope LogoutScope, e Event) (bool, error)
}

// Logout ends the caller's session, its others, or all. Their access tokens and
// refresh tokens are dead when it returns.
func Logout(ctx context.Context, caller Caller, from Client, db LogoutStore, in LogoutRequest, now time.Time) error {
	if err := in.Check().err(); err != nil {
		return err
	}
	if !caller.formed() {
		return errUnauthenticated()
	}
	event := from.event(now, ActionLogout)
	event.Actor, event.Target = caller.UUID, caller.UUID
	event.Detail = map[string]string{"scope": string(in.scope()), "session": caller.Session}
	ok, err := db.EndOwnSessions(ctx, caller, in.scope(), event)
	if err == nil && !ok {
		return errUnauthenticated()
	}
	return err
}
