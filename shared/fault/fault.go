// Package fault holds the errors that a client may read. An operation of any
// domain returns one when it refuses a request:
//
//	return &fault.Error{Code: fault.NotFound, Message: "User not found."}
//
// Package web turns the code into an HTTP status. An error of any other type is
// a bug or an internal detail: the client gets status 500 and no explanation.
//
// The package imports no other package of Roster, so that every package may
// import it. It refuses to know HTTP.
package fault

import "time"

// Code is the kind of a refusal. It is an error itself, so that
// errors.Is(err, NotFound) works on any error that wraps it.
type Code string

// The codes. Only package web maps them to HTTP statuses.
const (
	Invalid         Code = "invalid"         // a field is bad, or the whole request is
	TokenInvalid    Code = "token_invalid"   // the reset token is unknown, used or expired
	Unauthenticated Code = "unauthenticated" // the caller has not proved who it is
	Forbidden       Code = "forbidden"       // the caller is known and may not do this
	NotFound        Code = "not_found"       // only for callers who may know that it does not exist
	Conflict        Code = "conflict"        // the request contradicts what is stored
	TooMany         Code = "too_many"        // too many attempts; RetryAfter says when to try again
	Unavailable     Code = "unavailable"     // the database or another service does not answer
)

func (c Code) Error() string { return string(c) }

// Error is a refusal that the client may read.
type Error struct {
	Code    Code
	Message string
	// Fields gives the reason for each bad field.
	Fields Fields
	// RetryAfter is how long to wait before another attempt may succeed. Zero
	// means that waiting does not help.
	RetryAfter time.Duration
	// Cause is for the log. The client never sees it.
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

// Unwrap lets errors.Is and errors.As find both the code and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Code}
	}
	return []error{e.Code, e.Cause}
}

// NotLoggedIn is the refusal of a caller without a valid login. Its text is the
// same for every cause, so that an attacker does not learn the cause.
func NotLoggedIn() *Error {
	return &Error{Code: Unauthenticated, Message: "Please log in."}
}

// NotPermitted is the refusal of a caller that is known and may not do this.
func NotPermitted() *Error {
	return &Error{Code: Forbidden, Message: "You may not do that."}
}
