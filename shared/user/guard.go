package user

import (
	"roster/shared/fault"
	"roster/shared/request"
)

// Guard is what must still be true when a change is made. The decision was
// made on rows that were read before, so the store checks it again under a
// lock, together with the change: of two admins that demote each other, one
// loses the right that the other still had when both began.
type Guard struct {
	Caller     request.Caller // exists, is active, and its token is still honoured
	AsAdmin    bool           // and is an ADMIN
	TargetUUID string
	Username   string // the target still has that name
	// ExpectedTarget is what else of the target the decision rests on; nil for
	// nothing.
	ExpectedTarget *Snapshot
	// RemovesAdmin says that an active ADMIN who is the target would be one no
	// longer; another one must then remain.
	RemovesAdmin bool
}

// Snapshot holds the fields of the target that decide which tokens and sessions
// an update revokes.
type Snapshot struct {
	Role   Role
	Active bool
	Email  string
}

func (u User) snapshot() *Snapshot { return &Snapshot{Role: u.Role, Active: u.Active, Email: u.Email} }

// Outcome is what became of a guarded change.
type Outcome struct {
	Done bool
	// Why not, when it was not done.
	CallerRefused bool
	LastAdmin     bool
	Taken         Taken
}

func (o Outcome) err() error {
	switch {
	case o.Done:
		return nil
	case o.CallerRefused:
		return fault.NotLoggedIn()
	case o.LastAdmin:
		return errLastAdmin()
	case o.Taken.Any():
		return errTaken(o.Taken)
	}
	return errNotFound() // gone, renamed or not as it was seen
}
