package web

import (
	"net/http"
	"net/url"
	"time"

	"roster/shared/fault"
)

// Parameters are the query parameters that a call knows, by name. Each function
// stores a value and returns the reason why it is bad, or "".
type Parameters map[string]func(value string) (reason string)

// DecodeQuery reads the query's parameters as strictly as Decode reads a body. Each
// must be known, given once and not empty. The error names every bad parameter, and
// what check finds in the values.
func DecodeQuery(r *http.Request, known Parameters, check func() fault.Fields) error {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return Malformed("The query is not well formed.")
	}
	fields := fault.Fields{}
	for name, given := range values {
		set := known[name]
		reason := ""
		switch {
		case set == nil:
			reason = "is not a parameter of this call"
		case len(given) > 1:
			reason = "is given more than once"
		case given[0] == "":
			reason = "must not be empty"
		default:
			reason = set(given[0])
		}
		fields.Add(Shorten(Printable(name)), reason)
	}
	if fields.Merge(check()); len(fields) > 0 {
		return &fault.Error{Code: fault.Invalid, Message: "Some parameters are not valid.", Fields: fields}
	}
	return nil
}

// ParseTime returns a function that reads a time in the form of RFC 3339 into t.
// It accepts only years that every database can store.
func ParseTime(t *time.Time) func(string) string {
	return func(v string) string {
		at, err := time.Parse(time.RFC3339, v)
		if err != nil || at.Year() < 1970 || at.Year() > 9998 {
			return "must be a time such as 2026-01-31T12:00:00Z"
		}
		*t = at
		return ""
	}
}
