package user

import (
	"errors"

	"roster/shared/fault"
)

// RegistrationMode says when people may make accounts by themselves.
type RegistrationMode string

// The modes. They are the values of the variable REGISTRATION.
const (
	RegistrationOpen       RegistrationMode = "open"
	RegistrationAfterAdmin RegistrationMode = "after_admin" // not before the first ADMIN exists, so that nobody takes its name first
	RegistrationClosed     RegistrationMode = "closed"
)

// ErrNoAdmin is what a store returns for an account that must not be made before
// the first ADMIN exists.
var ErrNoAdmin = errors.New("no account is an ADMIN")

func errRegistrationClosed() error {
	return &fault.Error{Code: fault.Forbidden, Message: "Registration is closed."}
}

func errRegistrationNotOpen() error {
	return &fault.Error{Code: fault.Forbidden, Message: "Registration is not open yet. Please try again later."}
}
