package user

// Guard is what must still be true when a change is made. The decision was
// made on rows that were read before, so the store checks it again under a
// lock, together with the change: of two admins that demote each other, one
// loses the right that the other still had when both began.
type Guard struct {
	Caller     Caller // exists, is active, and its token is still honoured
	AsAdmin    bool   // and is an ADMIN
	TargetUUID string
	Username   string // the target still has that name
	// Seen is what else of the target the decision rests on; nil for nothing.
	Seen *Standing
	// TakesAdmin says that the change, made to an active ADMIN, would leave it
	// none; another one must then remain.
	TakesAdmin bool
}

// Standing is what of an account decides what a change of it ends.
type Standing struct {
	Role   Role
	Active bool
	Email  string
}

func (u User) standing() *Standing { return &Standing{Role: u.Role, Active: u.Active, Email: u.Email} }

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
		return errUnauthenticated()
	case o.LastAdmin:
		return errLastAdmin()
	case o.Taken.Any():
		return errTaken(o.Taken)
	}
	return errNotFound() // gone, renamed or not as it was seen
}
