package convert

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// eachObject reads JSON objects one after the other: those of an array, those of the
// member of that name of one object, or objects in a row, such as JSON Lines. It
// keeps one of them in memory.
func eachObject[T any](in *bufio.Reader, member string, f func(T) error) error {
	number := 0
	next := func(d *json.Decoder) error {
		number++
		var value T
		if err := d.Decode(&value); err != nil {
			if errors.Is(err, io.EOF) {
				return err
			}
			if form := (*json.UnmarshalTypeError)(nil); errors.As(err, &form) {
				return fmt.Errorf("account %d of the file is not in the form of this system: its %q is of the wrong kind (%s); check --format", number, form.Field, form.Value)
			}
			return fmt.Errorf("account %d of the file: %w", number, err)
		}
		return f(value)
	}
	d := json.NewDecoder(in)
	first, err := firstByte(in)
	if err != nil {
		return err
	}
	if first == '[' {
		return eachElement(d, next)
	}
	if member != "" {
		return eachElementOf(d, member, next)
	}
	for {
		if err := next(d); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// firstByte returns the first byte that is no space, and leaves it there.
func firstByte(in *bufio.Reader) (byte, error) {
	for {
		start, err := in.Peek(1)
		if err != nil {
			return 0, errors.New("the file is empty")
		}
		switch start[0] {
		case ' ', '\t', '\r', '\n':
			_, _ = in.Discard(1)
		default:
			return start[0], nil
		}
	}
}

// eachElement reads an array.
func eachElement(d *json.Decoder, next func(*json.Decoder) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.New("the file has no list of accounts where it should be")
	}
	for d.More() {
		if err := next(d); err != nil {
			return unexpectedEnd(err)
		}
	}
	_, err := d.Token()
	return unexpectedEnd(err)
}

// eachElementOf reads the array that is a member of an object, and skips the others.
func eachElementOf(d *json.Decoder, member string, next func(*json.Decoder) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("the file is no JSON object")
	}
	found := false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return unexpectedEnd(err)
		}
		if name == member {
			if err := eachElement(d, next); err != nil {
				return err
			}
			found = true
			continue
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return unexpectedEnd(err)
		}
	}
	if _, err := d.Token(); err != nil {
		return unexpectedEnd(err)
	}
	if !found {
		return fmt.Errorf("the file has no member %q with the accounts", member)
	}
	return nil
}

func unexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the file ends in the middle")
	}
	return err
}
