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
	// EndSession ends that session of the guard's target, unless the guard
	// refuses.
	EndSession(ctx context.Context, g Guard, id string, e audit.Event) (Outcome, error)
}

// EndSession ends a session of the caller, or as ADMIN of anyone. A session
// that has ended, or is another account's, is NotFound.
func EndSession(ctx context.Context, req request.Request, db SessionEnder, username, id string) error {
	self, target, err := authorize(ctx, req.Caller, db, username)
	if err != nil {
		return err
	}
	gone := &fault.Error{Code: fault.NotFound, Message: "Session not found."}
	if !request.IsUUID(id) {
		return gone
	}
	event := audit.NewEvent(req, audit.ActionSessionEnded)
	event.Detail = map[string]string{"session": id}
	outcome, err := db.EndSession(ctx, Guard{
		Caller: req.Caller, AsAdmin: self.UUID != target.UUID, TargetUUID: target.UUID, Username: target.Username,
	}, id, event)
	if err == nil {
		err = outcome.err()
	}
	if errors.Is(err, fault.NotFound) {
		return gone
	}
	return err
}
