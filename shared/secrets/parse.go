package secrets

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// parse reads one JSON object of text, numbers and true/false. It goes token by
// token to see a member that stands there twice, of which encoding/json would
// silently take the last. The errors of encoding/json quote their input, so
// none of them is passed on.
func parse(text string) (map[string]string, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
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
		token, err := d.Token()
		if err != nil {
			return nil, malformed("it is not valid JSON")
		}
		value, ok := scalar(token)
		if !ok {
			return nil, malformed("%s is not text, a number, true or false", member(key, n))
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

func scalar(t json.Token) (string, bool) {
	switch v := t.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	default: // null, or the beginning of an object or a list
		return "", false
	}
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
