package web

import (
	"bytes"
	"io"
	"net/http"
	"reflect"

	"roster/shared/fault"
)

// Decode reads a JSON object into a struct of strings, and of pointers where a
// member may be left out. It is stricter than encoding/json: one object and
// nothing after it, valid UTF-8, no NUL, and each member at most once, known,
// spelled exactly and of its type. It names every bad member at once, together
// with what check finds in the good ones.
func Decode[In any](r *http.Request, check func(In) fault.Fields) (in In, err error) {
	body, err := ReadBody(r, "application/json")
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

// DecodeOptional is Decode for a call that may have no body at all.
func DecodeOptional[In any](r *http.Request, check func(In) fault.Fields) (in In, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(body) == 0 {
		return in, nil
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), r.Body))
	return Decode(r, check)
}
