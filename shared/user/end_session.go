package user

import (
	"context"
	"errors"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
)

// SessionEnder ends one session.
type SessionEnder interface {
	Viewer
	// EndSession ends the session of the guard's target, unless the guard
	// refuses.
	EndSession(ctx context.Context, g Guard, id string, e audit.Event) (Outcome, error)
}

// EndSession ends a session of the caller, or for an ADMIN of any account. It
// refuses with NotFound if the session has ended or belongs to another account.
func EndSession(ctx context.Context, req request.Request, db SessionEnder, username, id string) error {
	self, target, err := authorize(ctx, req.Caller, db, username)
	if err != nil {
		return err
	}
	notFound := &fault.Error{Code: fault.NotFound, Message: "Session not found."}
	if !request.IsUUID(id) {
		return notFound
	}
	event := audit.NewEvent(req, audit.ActionSessionEnded)
	event.Target, event.Detail = target.UUID, map[string]string{"session": id}
	outcome, err := db.EndSession(ctx, Guard{
		Caller: req.Caller, AsAdmin: self.UUID != target.UUID, TargetUUID: target.UUID, Username: target.Username,
	}, id, event)
	if err == nil {
		err = outcome.err()
	}
	if errors.Is(err, fault.NotFound) {
		return notFound
	}
	return err
}
