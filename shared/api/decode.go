package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"roster/shared/user"
)

const maxBody = 16 << 10 // bytes

// decode reads a JSON object into a struct of strings, and of pointers where a
// member may be left out. It is stricter than encoding/json: one object and
// nothing after it, valid UTF-8, no NUL, and each member at most once, known,
// spelled exactly and of its type. It names every bad member at once, together
// with what check finds in the good ones.
func decode[In any](r *http.Request, check func(In) user.Fields) (in In, err error) {
	body, err := readBody(r, "application/json")
	if err != nil {
		return in, err
	}
	m, err := object(body)
	if err != nil {
		return in, err
	}
	problems := m.fill(reflect.ValueOf(&in).Elem())
	if len(problems) == 0 {
		return in, nil // the operation checks the values itself
	}
	for name, problem := range check(in) {
		if _, known := problems[name]; !known {
			problems[name] = problem
		}
	}
	return in, &user.Error{Code: user.Invalid, Message: "Some fields are not valid.", Fields: problems}
}

// decodeOptional is decode for a call that may have no body at all.
func decodeOptional[In any](r *http.Request, check func(In) user.Fields) (in In, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(body) == 0 {
		return in, nil
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), r.Body))
	return decode(r, check)
}

// readBody returns a body of the one media type, within bounds.
func readBody(r *http.Request, mediaType string) ([]byte, error) {
	got, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := strings.ToLower(params["charset"])
	if err != nil || got != mediaType || (charset != "" && charset != "utf-8") || r.Header.Get("Content-Encoding") != "" {
		return nil, &user.Error{Code: unsupportedMediaType, Message: "The body must be " + mediaType + " in UTF-8."}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, malformed("The body could not be read.")
	}
	if len(body) > maxBody {
		return nil, &user.Error{Code: tooLarge, Message: "The body must have at most 16 KiB."}
	}
	if !utf8.Valid(body) {
		return nil, malformed("The body must be UTF-8.")
	}
	return body, nil
}

func malformed(message string) error { return &user.Error{Code: user.Invalid, Message: message} }

// members are an object's, by name.
type members struct {
	values   map[string]json.RawMessage
	repeated map[string]bool
}

var errNotObject = errors.New("not one JSON object")

func object(body []byte) (members, error) {
	m := members{values: map[string]json.RawMessage{}, repeated: map[string]bool{}}
	if err := m.read(json.NewDecoder(bytes.NewReader(body))); err != nil {
		return m, malformed("The body must be one JSON object.")
	}
	return m, nil
}

func (m members) read(dec *json.Decoder) error {
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return errNotObject
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		key := name.(string) // the decoder lets nothing else stand here
		_, m.repeated[key] = m.values[key]
		m.values[key] = value
	}
	if _, err := dec.Token(); err != nil { // the closing brace
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errNotObject
	}
	return nil
}

// fill sets the struct's fields from the members and says what is wrong with
// which.
func (m members) fill(in reflect.Value) user.Fields {
	problems := user.Fields{}
	known := map[string]bool{}
	for i := range in.NumField() {
		name := in.Type().Field(i).Tag.Get("json")
		known[name] = true
		field := in.Field(i)
		raw, given := m.values[name]
		switch {
		case m.repeated[name]:
			problems[name] = "is given more than once"
		case given:
			if problem := set(field, raw); problem != "" {
				problems[name] = problem
			}
		case field.Kind() != reflect.Pointer:
			problems[name] = "is required"
		}
	}
	unknown := 0
	for name := range m.values {
		if !known[name] && unknown < mostUnknown {
			problems[shorten(name)] = "is not a field of this call"
			unknown++
		}
	}
	return problems
}

// mostUnknown is how many unknown members are named: enough for a mistake, and
// too few to make the answer larger than what was sent.
const mostUnknown = 20

// set puts a JSON string or boolean into a field. Null is neither.
func set(field reflect.Value, raw json.RawMessage) (problem string) {
	target := field
	if field.Kind() == reflect.Pointer {
		target = reflect.New(field.Type().Elem()).Elem()
	}
	switch target.Kind() {
	case reflect.Bool:
		if s := string(raw); s != "true" && s != "false" {
			return "must be true or false"
		}
		target.SetBool(string(raw) == "true")
	default:
		var s string
		if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
			return "must be a string"
		}
		if strings.ContainsRune(s, 0) || loneSurrogate(raw) {
			return "must be text without NUL or lone surrogates"
		}
		target.SetString(s)
	}
	if field.Kind() == reflect.Pointer {
		field.Set(target.Addr())
	}
	return ""
}

// loneSurrogate reports an escape for half of a UTF-16 pair (RFC 8259 §8.2),
// which encoding/json turns into U+FFFD without a word. The string is valid
// JSON.
func loneSurrogate(raw []byte) bool {
	for i := bytes.IndexByte(raw, '\\'); i >= 0 && i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		half := escaped(raw[i:])
		switch {
		case !utf16.IsSurrogate(half):
			i++ // what is escaped, which may be a backslash
		case utf16.DecodeRune(half, escaped(raw[i+6:])) != utf8.RuneError:
			i += 11 // both halves
		default:
			return true
		}
	}
	return false
}

// escaped returns the code unit of a \uXXXX at the beginning, 0 for anything
// else.
func escaped(raw []byte) rune {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0
	}
	unit, _ := strconv.ParseUint(string(raw[2:6]), 16, 16)
	return rune(unit)
}

// shorten keeps an unknown member's name from filling the answer.
func shorten(name string) string {
	const most = 40
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}
