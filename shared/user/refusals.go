package user

import "roster/shared/fault"

// The refusals that more than one operation gives. Each is one text for all of
// its causes, so that it does not tell which one it was.
func errNotFound() error {
	return &fault.Error{Code: fault.NotFound, Message: "User not found."}
}

func errLastAdmin() error {
	return &fault.Error{Code: fault.Conflict, Message: "The last active admin can be neither deleted, demoted nor deactivated."}
}

// errTaken names what another account already has.
func errTaken(t Taken) error {
	fields := fault.Fields{}
	if t.Username {
		fields.Add("username", "already taken")
	}
	if t.Email {
		fields.Add("email", "already taken")
	}
	return &fault.Error{Code: fault.Conflict, Message: "Username or email already exists.", Fields: fields}
}
