// Package strictjson reads JSON that somebody else has written and that is stored as
// it is. It refuses what two programs could read differently: a name that is there
// twice, half of a UTF-16 pair, NUL. It refuses to change anything but the space
// between the tokens, so that a number keeps every digit.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how many objects and arrays may be in each other.
const MaxDepth = 20

var errNotObject = errors.New("must be a JSON object")

// Object returns a JSON object without the space between its tokens. The text of an
// error says what must be different.
func Object(raw []byte) (compact []byte, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errNotObject
	}
	if err := readObject(dec, 1); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errNotObject
	}
	if !utf8.Valid(raw) {
		return nil, errors.New("must be UTF-8")
	}
	if LoneSurrogate(raw) {
		return nil, errors.New("must not have lone surrogates")
	}
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		return nil, errNotObject
	}
	return out.Bytes(), nil
}

// readObject reads the members of an object that has begun, and its end.
func readObject(dec *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return errNotObject
		}
		name := t.(string) // the decoder accepts nothing else here
		if seen[name] {
			return errors.New("must not have a name twice in one object")
		}
		seen[name] = true
		if err := checkText(name); err != nil {
			return err
		}
		if err := readValue(dec, depth); err != nil {
			return err
		}
	}
	return readEnd(dec)
}

func readArray(dec *json.Decoder, depth int) error {
	for dec.More() {
		if err := readValue(dec, depth); err != nil {
			return err
		}
	}
	return readEnd(dec)
}

func readEnd(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return errNotObject
	}
	return nil
}

// readValue reads one value within as many objects and arrays as depth says.
func readValue(dec *json.Decoder, depth int) error {
	t, err := dec.Token()
	if err != nil {
		return errNotObject
	}
	switch v := t.(type) {
	case string:
		return checkText(v)
	case json.Delim:
		if depth == MaxDepth {
			return fmt.Errorf("must have at most %d objects and arrays in each other", MaxDepth)
		}
		if v == '{' {
			return readObject(dec, depth+1)
		}
		return readArray(dec, depth+1)
	}
	return nil
}

func checkText(s string) error {
	if strings.ContainsRune(s, 0) {
		return errors.New("must not have NUL")
	}
	return nil
}
