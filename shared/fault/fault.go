// Package fault holds the errors that a client may read. An operation of any
// domain returns one when it refuses a request:
//
//	return &fault.Error{Code: fault.NotFound, Message: "User not found."}
//
// Package web turns the code into an HTTP status. An error of any other type
// is a bug or an internal detail, and the client learns nothing of it.
//
// The package imports nothing else of Roster, so that every package may import
// it, and it refuses to know HTTP.
package fault

import "time"

// Code is the kind of a refusal. It is an error itself, so that
// errors.Is(err, NotFound) works on whatever wraps it.
type Code string

// The codes. Package web gives each its HTTP status; nothing else does.
const (
	Invalid         Code = "invalid"         // fields, or what the request as a whole asks for
	TokenInvalid    Code = "token_invalid"   // a reset token that opens nothing
	Unauthenticated Code = "unauthenticated" // no valid proof of who is calling
	Forbidden       Code = "forbidden"       // known, and not allowed
	NotFound        Code = "not_found"       // to those who may know
	Conflict        Code = "conflict"        // with what is stored
	TooMany         Code = "too_many"        // attempts; RetryAfter says when there are more
	Unavailable     Code = "unavailable"     // something we need does not answer
)

func (c Code) Error() string { return string(c) }

// Error is a refusal that the client may read.
type Error struct {
	Code    Code
	Message string
	// Fields says what is wrong with each bad field.
	Fields Fields
	// RetryAfter is when asking again may help. Zero means that it does not.
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

// Unwrap makes both the code and the cause findable.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Code}
	}
	return []error{e.Code, e.Cause}
}

// NotLoggedIn is the refusal of a caller without a valid login. It is one text
// for every cause, so that it does not tell which one it was.
func NotLoggedIn() *Error {
	return &Error{Code: Unauthenticated, Message: "Please log in."}
}

// NotPermitted is the refusal of a caller who is known and may not do this.
func NotPermitted() *Error {
	return &Error{Code: Forbidden, Message: "You may not do that."}
}
