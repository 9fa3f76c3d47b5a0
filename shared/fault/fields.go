package fault

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fields maps the name of a field to what is wrong with it. Add fills it; a
// check of a request collects all bad fields before it refuses.
type Fields map[string]string

func (f Fields) String() string {
	parts := make([]string, 0, len(f))
	for _, name := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, fmt.Sprintf("%s %s", name, f[name]))
	}
	return strings.Join(parts, ", ")
}

// Add notes what is wrong with a field. The first reason for a field stays; an
// empty reason means that the field is good.
func (f Fields) Add(name, reason string) {
	if _, known := f[name]; reason != "" && !known {
		f[name] = reason
	}
}

// Merge adds the other reasons after its own and returns itself.
func (f Fields) Merge(others Fields) Fields {
	for name, reason := range others {
		f.Add(name, reason)
	}
	return f
}

// Err returns the refusal that names every bad field, or nil when there is none.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Code: Invalid, Message: "Some fields are not valid.", Fields: f}
}
