package fault

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fields maps the name of each bad field to the reason why it is bad. A check
// collects all bad fields with Add before it refuses the request.
type Fields map[string]string

func (f Fields) String() string {
	parts := make([]string, 0, len(f))
	for _, name := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, fmt.Sprintf("%s %s", name, f[name]))
	}
	return strings.Join(parts, ", ")
}

// Add records why a field is bad. An empty reason means that the field is good
// and adds nothing. The first reason for a field stays.
func (f Fields) Add(name, reason string) {
	if _, known := f[name]; reason != "" && !known {
		f[name] = reason
	}
}

// Merge adds the reasons of others, where f has none for the field, and returns
// f.
func (f Fields) Merge(others Fields) Fields {
	for name, reason := range others {
		f.Add(name, reason)
	}
	return f
}

// Err returns a refusal that names every bad field, or nil if there is none.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Code: Invalid, Message: "Some fields are not valid.", Fields: f}
}
