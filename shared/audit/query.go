package audit

import (
	"slices"
	"time"

	"roster/shared/fault"
)

// Query says which events an ADMIN asks for. A zero field restricts nothing.
type Query struct {
	User   string // username or UUID of the actor or the target; a UUID also finds a deleted account
	Action Action
	Since  time.Time // inclusive
	Until  time.Time // exclusive
	Before *Cursor   // only older events; nil begins with the newest
	Limit  int       // events on a page, 1 to MaxPage
}

// Cursor is the position of an event in the log, which is ordered from new to old.
type Cursor struct {
	At    time.Time // with a precision of microseconds
	Chain int16
	Seq   int64
}

// The size of a page, in events.
const (
	MaxPage     = 100
	DefaultPage = 50
)

// Entry is an event of the log for a reader, with the usernames as they are now.
// The log itself has none, so an account that is deleted has none either.
type Entry struct {
	Event
	ActorUsername  string
	TargetUsername string
}

// Page is one page of the log.
type Page struct {
	Events []Entry
	Next   *Cursor // Before of the next page; nil on the last page
}

// Check names every bad parameter. It leaves User to the domain of accounts,
// which knows what a username is.
func (q Query) Check() fault.Fields {
	fields := fault.Fields{}
	if q.Action != "" && !slices.Contains(Actions, q.Action) {
		fields.Add("action", "is not an action of the audit log")
	}
	if !q.Since.IsZero() && !q.Until.IsZero() && !q.Since.Before(q.Until) {
		fields.Add("until", "must be after since")
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		fields.Add("limit", "must be a whole number from 1 to 100")
	}
	return fields
}
