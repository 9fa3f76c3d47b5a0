package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"

	"roster/shared/fault"
	"roster/shared/strictjson"
)

// members are the members of a JSON object, by name.
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
		key := name.(string) // the decoder accepts nothing else here
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

// fill sets the fields of a struct from the members. It returns the reasons for
// the bad members.
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
	m.addUnknown(fields, known)
	return fields
}

// only names every member but one, and that one if it is missing or repeated.
func (m members) only(name string) fault.Fields {
	fields := fault.Fields{}
	_, given := m.values[name]
	switch {
	case m.repeated[name]:
		fields[name] = "is given more than once"
	case !given:
		fields[name] = "is required"
	}
	m.addUnknown(fields, map[string]bool{name: true})
	return fields
}

func (m members) addUnknown(fields fault.Fields, known map[string]bool) {
	unknown := 0
	for name := range m.values {
		if !known[name] && unknown < maxUnknown {
			fields[Shorten(name)] = "is not a field of this call"
			unknown++
		}
	}
}

// maxUnknown is how many unknown members an answer names. More would make the
// answer larger than the request.
const maxUnknown = 20

// rawMessage is the type of a field that gets the JSON itself.
var rawMessage = reflect.TypeFor[json.RawMessage]()

// setField puts a JSON string or boolean into a field, or the JSON itself. It
// refuses null.
func setField(field reflect.Value, raw json.RawMessage) (reason string) {
	target := field
	if field.Kind() == reflect.Pointer {
		target = reflect.New(field.Type().Elem()).Elem()
	}
	switch {
	case target.Type() == rawMessage:
		if string(raw) == "null" {
			return "must not be null"
		}
		target.SetBytes(raw)
	case target.Kind() == reflect.Bool:
		if s := string(raw); s != "true" && s != "false" {
			return "must be true or false"
		}
		target.SetBool(string(raw) == "true")
	default:
		var s string
		if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
			return "must be a string"
		}
		if strings.ContainsRune(s, 0) || strictjson.LoneSurrogate(raw) {
			return "must be text without NUL or lone surrogates"
		}
		target.SetString(s)
	}
	if field.Kind() == reflect.Pointer {
		field.Set(target.Addr())
	}
	return ""
}

// Shorten cuts the name of an unknown member to 40 characters, so that a long
// name does not fill the answer.
func Shorten(name string) string {
	const maxLength = 40
	if runes := []rune(name); len(runes) > maxLength {
		return string(runes[:maxLength]) + "…"
	}
	return name
}
