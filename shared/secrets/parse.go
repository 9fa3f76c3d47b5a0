package secrets

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// parse reads one JSON object of text, numbers, true/false and objects, whose
// JSON is kept as it is. It goes member by member to see one that stands there
// twice, of which encoding/json would silently take the last. The errors of
// encoding/json quote their input, so none of them is passed on.
func parse(text string) (map[string]string, error) {
	d := json.NewDecoder(strings.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, malformed("it is not a JSON object")
	}
	values := make(map[string]string)
	for n := 1; d.More(); n++ {
		name, err := d.Token()
		if err != nil {
			return nil, malformed("it is not valid JSON")
		}
		key := name.(string) // the decoder lets nothing else stand here
		if _, twice := values[key]; twice {
			return nil, malformed("%s stands there twice", member(key, n))
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, malformed("it is not valid JSON")
		}
		value, ok := plain(raw)
		if !ok {
			return nil, malformed("%s is not text, a number, true, false or an object", member(key, n))
		}
		values[key] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, malformed("it is not valid JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, malformed("something stands behind the JSON object")
	}
	return values, nil
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
