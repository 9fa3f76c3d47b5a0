package user

import (
	"encoding/json"
	"fmt"

	"roster/shared/fault"
	"roster/shared/strictjson"
)

// MaxMetadata is how many bytes each object of metadata may have, as it is stored.
const MaxMetadata = 8 << 10

// CheckMetadata returns an object of metadata as it is stored, or the reason why it
// cannot be. It removes the space between the tokens and changes nothing else.
func CheckMetadata(raw json.RawMessage) (text, reason string) {
	compact, err := strictjson.Object(raw)
	if err != nil {
		return "", err.Error()
	}
	if len(compact) > MaxMetadata {
		return "", fmt.Sprintf("must have at most %d bytes without space", MaxMetadata)
	}
	return string(compact), ""
}

// checkGivenMetadata is CheckMetadata for a member that may be left out. It adds the
// reason to the fields.
func checkGivenMetadata(fields fault.Fields, name string, raw *json.RawMessage) *string {
	if raw == nil {
		return nil
	}
	text, reason := CheckMetadata(*raw)
	fields.Add(name, reason)
	return &text
}
