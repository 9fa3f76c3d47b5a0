package secrets

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Members reads one JSON object of text, numbers, true/false and objects, whose
// JSON is kept as it is. A member that stands there twice is refused, of which
// encoding/json would silently take the last. The errors of encoding/json quote
// their input, so none of them is passed on.
func Members(text string) (map[string]string, error) {
	values := make(map[string]string)
	_, err := walk(text, func(key string, n int, raw json.RawMessage, _ int) error {
		if _, twice := values[key]; twice {
			return malformed("%s stands there twice", member(key, n))
		}
		value, ok := plain(raw)
		if !ok {
			return malformed("%s is not text, a number, true, false or an object", member(key, n))
		}
		values[key] = value
		return nil
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}

// With sets a member of an object to a JSON value: in its place, or behind the
// last. Every other byte stays what it is.
func With(text, name, value string) (string, error) {
	if !json.Valid([]byte(value)) {
		return "", malformed("the new value of %s is not JSON", name)
	}
	from, to := -1, -1
	last, err := walk(text, func(key string, _ int, raw json.RawMessage, end int) error {
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
	if err != nil { // a name
		panic(err)
	}
	comma := ","
	if last.members == 0 {
		comma = ""
	}
	return text[:last.end] + comma + string(quoted) + ":" + value + text[last.end:], nil
}

// place is where the last member ends, or the object begins.
type place struct{ end, members int }

// walk gives each member of one JSON object, with where its value ends.
func walk(text string, each func(key string, n int, raw json.RawMessage, end int) error) (last place, err error) {
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
		key := name.(string) // the decoder lets nothing else stand here
		if err := each(key, last.members, raw, last.end); err != nil {
			return last, err
		}
	}
	if _, err := d.Token(); err != nil {
		return last, malformed("it is not valid JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return last, malformed("something stands behind the JSON object")
	}
	return last, nil
}

// plain is a member's value as an environment variable would hold it.
func plain(raw json.RawMessage) (string, bool) {
	switch raw[0] {
	case '"':
		var text string
		return text, json.Unmarshal(raw, &text) == nil
	case '[', 'n': // null
		return "", false
	}
	return string(raw), true
}

// member names a member where its name looks like a variable's, and else by its
// place: a value may have slipped in front of the colon.
func member(key string, place int) string {
	odd := func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') }
	if key == "" || strings.ContainsFunc(key, odd) {
		return "member " + strconv.Itoa(place)
	}
	return key
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}
