package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"roster/shared/fault"
)

// members are an object's, by name.
type members struct {
	values   map[string]json.RawMessage
	repeated map[string]bool
}

var errNotObject = errors.New("not one JSON object")

func parseObject(body []byte) (members, error) {
	m := members{values: map[string]json.RawMessage{}, repeated: map[string]bool{}}
	if err := m.read(json.NewDecoder(bytes.NewReader(body))); err != nil {
		return m, Malformed("The body must be one JSON object.")
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

// fill sets the struct's fields from the members and names the bad ones.
func (m members) fill(in reflect.Value) fault.Fields {
	fields := fault.Fields{}
	known := map[string]bool{}
	for i := range in.NumField() {
		name := in.Type().Field(i).Tag.Get("json")
		known[name] = true
		field := in.Field(i)
		raw, given := m.values[name]
		switch {
		case m.repeated[name]:
			fields[name] = "is given more than once"
		case given:
			fields.Add(name, setField(field, raw))
		case field.Kind() != reflect.Pointer:
			fields[name] = "is required"
		}
	}
	unknown := 0
	for name := range m.values {
		if !known[name] && unknown < maxUnknown {
			fields[Shorten(name)] = "is not a field of this call"
			unknown++
		}
	}
	return fields
}

// maxUnknown is how many unknown members are named: enough for a mistake, and
// too few to make the answer larger than what was sent.
const maxUnknown = 20

// set puts a JSON string or boolean into a field. Null is neither.
func setField(field reflect.Value, raw json.RawMessage) (reason string) {
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
		half := codeUnit(raw[i:])
		switch {
		case !utf16.IsSurrogate(half):
			i++ // what is escaped, which may be a backslash
		case utf16.DecodeRune(half, codeUnit(raw[i+6:])) != utf8.RuneError:
			i += 11 // both halves
		default:
			return true
		}
	}
	return false
}

// escaped returns the code unit of a \uXXXX at the beginning, 0 for anything
// else.
func codeUnit(raw []byte) rune {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0
	}
	unit, _ := strconv.ParseUint(string(raw[2:6]), 16, 16)
	return rune(unit)
}

// Shorten keeps an unknown member's name from filling the answer.
func Shorten(name string) string {
	const most = 40
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}
