package web

import (
	"bytes"
	"io"
	"net/http"
	"reflect"

	"roster/shared/fault"
)

// Decode reads a JSON object into a struct. A field is a string, a boolean or
// a json.RawMessage, or a pointer to one if the member may be left out. Decode is stricter than
// encoding/json. It accepts one object and nothing after it, in valid UTF-8 and
// without NUL. Each member must be known, spelled exactly, of its type and given
// once. The error names every bad member, and what check finds in the others.
func Decode[In any](r *http.Request, check func(In) fault.Fields) (in In, err error) {
	return DecodeUpTo(maxBody, r, check)
}

// DecodeUpTo is Decode for a body of at most so many bytes.
func DecodeUpTo[In any](limit int64, r *http.Request, check func(In) fault.Fields) (in In, err error) {
	body, err := readBody(r, "application/json", limit)
	if err != nil {
		return in, err
	}
	m, err := parseObject(body)
	if err != nil {
		return in, err
	}
	fields := m.fill(reflect.ValueOf(&in).Elem())
	if len(fields) == 0 {
		return in, nil // the operation checks the values itself
	}
	return in, fields.Merge(check(in)).Err()
}

// DecodeOptional is Decode for a call that may come without a body.
func DecodeOptional[In any](r *http.Request, check func(In) fault.Fields) (in In, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(body) == 0 {
		return in, nil
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), r.Body))
	return Decode(r, check)
}
