package request

import "regexp"

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// IsUUID reports whether the text is a UUID in the form that Roster writes: lower
// case, with hyphens (RFC 9562 §4).
func IsUUID(text string) bool { return uuidPattern.MatchString(text) }
