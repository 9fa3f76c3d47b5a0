package stack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// IsScheduled reports whether an event is EventBridge's.
func IsScheduled(event json.RawMessage) bool {
	var e struct {
		Source string `json:"source"`
	}
	return json.Unmarshal(event, &e) == nil && e.Source == "aws.events"
}

// Decode reads the event of an invocation that is not CloudFormation's: a request
// of a person, or the zero one for EventBridge's schedule. It refuses anything
// else: in an emergency a run that did nothing, because a name was misspelled, must
// not look like a success. The error says which events there are.
func Decode[Request any](event json.RawMessage, known string) (request Request, err error) {
	if len(event) == 0 || IsScheduled(event) {
		return request, nil
	}
	d := json.NewDecoder(bytes.NewReader(event))
	d.DisallowUnknownFields()
	if err := d.Decode(&request); err != nil { // null is nothing
		var none Request
		return none, fmt.Errorf("the event is not understood, and nothing was done (%w); send %s", err, known)
	}
	if _, err := d.Token(); err != io.EOF {
		var none Request
		return none, errors.New("the event is more than one JSON value, and nothing was done; send " + known)
	}
	return request, nil
}
