package user

import (
	"context"
	"errors"
	"time"
)

// SessionEnder ends one session.
type SessionEnder interface {
	Viewer
	// EndSession ends that session of the guard's target, unless the guard
	// refuses.
	EndSession(ctx context.Context, g Guard, id string, e Event) (Outcome, error)
}

// EndSession ends a session of one's own, or as ADMIN anyone's. One that is not
// that account's, or has ended, is NotFound.
func EndSession(ctx context.Context, caller Caller, from Client, db SessionEnder, username, id string, now time.Time) error {
	self, target, err := authorize(ctx, caller, db, username)
	if err != nil {
		return err
	}
	gone := &Error{Code: NotFound, Message: "Session not found."}
	if !uuidForm.MatchString(id) {
		return gone
	}
	event := from.event(now, ActionSessionEnded)
	event.Actor, event.Detail = caller.UUID, map[string]string{"session": id}
	outcome, err := db.EndSession(ctx, Guard{
		Caller: caller, AsAdmin: self.UUID != target.UUID, TargetUUID: target.UUID, Username: target.Username,
	}, id, event)
	if err == nil {
		err = outcome.err()
	}
	if errors.Is(err, NotFound) {
		return gone
	}
	return err
}
