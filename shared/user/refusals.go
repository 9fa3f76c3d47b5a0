package user

import (
	"time"

	"roster/shared/fault"
)

// The refusals that several operations share. Each has the same text for all of
// its causes, so that the caller does not learn the cause.
func errNotFound() error {
	return &fault.Error{Code: fault.NotFound, Message: "User not found."}
}

func errLastAdmin() error {
	return &fault.Error{Code: fault.Conflict, Message: "The last active admin can be neither deleted, demoted nor deactivated."}
}

// errChanging is the refusal of a change whose target others keep changing.
func errChanging() error {
	return &fault.Error{Code: fault.Unavailable, Message: "The account is being changed. Please try again.", RetryAfter: time.Second}
}

// errTaken names the fields that another account already has.
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
