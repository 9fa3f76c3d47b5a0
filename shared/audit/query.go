package audit

import (
	"slices"
	"time"

	"roster/shared/fault"
)

// Query says which events an ADMIN asks for. A zero field does not restrict.
type Query struct {
	User   string // a username, or the UUID of an account that may be gone: what it did, and what was done to it
	Action Action
	Since  time.Time // inclusive
	Until  time.Time // exclusive
	Before *Mark
	Limit  int // events on a page, 1 to MaxPage
}

// Mark is the place of an event in the order of the log: newest first.
type Mark struct {
	At    time.Time // in microseconds
	Chain int16
	Seq   int64
}

// Bounds of a page of the audit log, in events.
const (
	MaxPage     = 100
	DefaultPage = 50
)

// Page is a page of the log, with where the next one begins.
type Page struct {
	Events []Event
	Next   *Mark // nil at the end
}

// Check names every bad part by the name of its parameter. What User may be is
// for the domain of accounts to say.
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
