package user

import (
	"roster/shared/fault"
	"roster/shared/request"
)

// Guard holds the conditions that must still be true when a change is written.
// The change was decided on accounts that were read earlier, so the store checks
// the conditions again, under a lock. If two admins demote each other at the same
// moment, only one of them succeeds.
type Guard struct {
	Caller     request.Caller // exists, is active, and its token is still accepted
	AsAdmin    bool           // the caller must be an ADMIN
	TargetUUID string
	Username   string // the target must still have this name
	// ExpectedTarget holds the other fields of the target that the decision
	// depends on; nil if there are none.
	ExpectedTarget *Snapshot
	// RemovesAdmin says that the target would no longer be an active ADMIN. If it
	// is one now, another active ADMIN must remain.
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

// Outcome is the result of a guarded change.
type Outcome struct {
	Done bool
	// If it was not done, the fields say why. If none is set, the target is gone
	// or has changed.
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
	return errNotFound()
}
