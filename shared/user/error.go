package user

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Code is the kind of a refusal. It is an error itself, so that
// errors.Is(err, NotFound) works on whatever wraps it.
type Code string

// The codes. Package api gives each its HTTP status; nothing else does.
const (
	Invalid         Code = "invalid"         // fields, or what the request as a whole asks for
	TokenInvalid    Code = "token_invalid"   // a reset token that opens nothing
	Unauthenticated Code = "unauthenticated" // no valid proof of who is calling
	Forbidden       Code = "forbidden"       // known, and not allowed
	NotFound        Code = "not_found"       // to those who may know
	Conflict        Code = "conflict"        // with what is stored
	TooMany         Code = "too_many"        // tries; RetryAfter says when there are more
	Unavailable     Code = "unavailable"     // something we need does not answer
)

func (c Code) Error() string { return string(c) }

// Error is a refusal that the client may read. Any other error is a bug, or
// something the client must not see.
type Error struct {
	Code    Code
	Message string
	// Fields says what is wrong with each bad field.
	Fields Fields
	// RetryAfter is when asking again may help; zero: it does not.
	RetryAfter time.Duration
	// Cause is for the log. It is never answered.
	Cause error
}

func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if len(e.Fields) > 0 {
		s += " (" + e.Fields.String() + ")"
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap makes both the code and the cause findable.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Code}
	}
	return []error{e.Code, e.Cause}
}

// Fields maps a field's name to what is wrong with it.
type Fields map[string]string

func (f Fields) String() string {
	parts := make([]string, 0, len(f))
	for _, name := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, fmt.Sprintf("%s %s", name, f[name]))
	}
	return strings.Join(parts, ", ")
}

// add keeps the first problem of a field; "" is none.
func (f Fields) add(name, problem string) {
	if _, known := f[name]; problem != "" && !known {
		f[name] = problem
	}
}

// and adds the problems of others, after its own.
func (f Fields) and(others Fields) Fields {
	for name, problem := range others {
		f.add(name, problem)
	}
	return f
}

// err is nil when there is no problem.
func (f Fields) err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Code: Invalid, Message: "Some fields are not valid.", Fields: f}
}

// The refusals that more than one operation gives. Each is one text for all of
// its causes, so that it does not tell which.
func errUnauthenticated() error {
	return &Error{Code: Unauthenticated, Message: "Please log in."}
}

func errForbidden() error {
	return &Error{Code: Forbidden, Message: "You may not do that."}
}

func errNotFound() error {
	return &Error{Code: NotFound, Message: "User not found."}
}

func errLastAdmin() error {
	return &Error{Code: Conflict, Message: "The last active admin can be neither deleted, demoted nor deactivated."}
}

// errTaken names what another account already has.
func errTaken(t Taken) error {
	fields := Fields{}
	if t.Username {
		fields.add("username", "already taken")
	}
	if t.Email {
		fields.add("email", "already taken")
	}
	return &Error{Code: Conflict, Message: "Username or email already exists.", Fields: fields}
}
