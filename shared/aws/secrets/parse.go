package secrets

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ParseMembers reads a JSON object whose values are strings, numbers, booleans
// and objects. A string is decoded, and any other value is returned as its JSON.
// ParseMembers refuses a name that appears twice, because encoding/json would
// silently use the last one. It passes on no error of encoding/json, because
// those quote the input.
func ParseMembers(text string) (map[string]string, error) {
	values := make(map[string]string)
	_, err := eachMember(text, func(key string, n int, raw json.RawMessage, _ int) error {
		if _, twice := values[key]; twice {
			return malformed("%s appears twice", label(key, n))
		}
		value, ok := envValue(raw)
		if !ok {
			return malformed("%s is not text, a number, true, false or an object", label(key, n))
		}
		values[key] = value
		return nil
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}

// SetMember sets a member of a JSON object to a JSON value. It replaces the old
// value or appends the member. All other bytes stay as they are.
func SetMember(text, name, value string) (string, error) {
	if !json.Valid([]byte(value)) {
		return "", malformed("the new value of %s is not JSON", name)
	}
	from, to := -1, -1
	last, err := eachMember(text, func(key string, _ int, raw json.RawMessage, end int) error {
		if key == name {
			from, to = end-len(raw), end
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if from >= 0 {
		return text[:from] + value + text[to:], nil
	}
	quoted, err := json.Marshal(name)
	if err != nil { // a string always has a JSON form
		panic(err)
	}
	comma := ","
	if last.members == 0 {
		comma = ""
	}
	return text[:last.end] + comma + string(quoted) + ":" + value + text[last.end:], nil
}

// position is how many members were read, and the offset behind the last one, or
// behind the object's opening brace if there is none.
type position struct{ end, members int }

// eachMember calls each for every member of a JSON object: with its name, its
// number from 1, its value and the offset behind the value. It returns the
// position behind the last member.
func eachMember(text string, each func(key string, n int, raw json.RawMessage, end int) error) (last position, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return last, malformed("it is not a JSON object")
	}
	last.end = int(d.InputOffset())
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return last, malformed("it is not valid JSON")
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return last, malformed("it is not valid JSON")
		}
		last.members++
		last.end = int(d.InputOffset())
		key := name.(string) // the decoder accepts only a string here
		if err := each(key, last.members, raw, last.end); err != nil {
			return last, err
		}
	}
	if _, err := d.Token(); err != nil {
		return last, malformed("it is not valid JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return last, malformed("there is text after the JSON object")
	}
	return last, nil
}

// envValue returns a member's value as an environment variable would hold it. It
// reports false for a list and for null.
func envValue(raw json.RawMessage) (string, bool) {
	switch raw[0] {
	case '"':
		var text string
		return text, json.Unmarshal(raw, &text) == nil
	case '[', 'n': // null
		return "", false
	}
	return string(raw), true
}

// label names a member in an error. It shows the name only if it looks like that
// of a variable, because a secret value may be written there by mistake. Else it
// shows the member's number.
func label(key string, n int) string {
	foreign := func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') }
	if key == "" || strings.ContainsFunc(key, foreign) {
		return "member " + strconv.Itoa(n)
	}
	return key
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}
