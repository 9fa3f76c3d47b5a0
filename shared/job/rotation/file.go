package rotation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"roster/shared/aws/secrets"
)

// File is a Store in a JSON file, as localdev uses one.
type File string

// ErrChanged says that another process has written the file in the meantime.
var ErrChanged = errors.New("it was changed meanwhile; try again")

// Change changes the file in the same way as package secrets changes a secret. It
// replaces the file atomically, by one that only its owner can read.
func (f File) Change(_ context.Context, name string, compute func(map[string]string) (string, error)) error {
	if err := f.change(name, compute); err != nil {
		return fmt.Errorf("change %s in %s: %w", name, string(f), err)
	}
	return nil
}

func (f File) change(name string, compute func(map[string]string) (string, error)) error {
	before, err := os.ReadFile(string(f))
	if err != nil {
		return withoutPath(err)
	}
	values, err := secrets.ParseMembers(string(before))
	if err != nil {
		return err
	}
	value, err := compute(values)
	if err != nil || value == "" {
		return err
	}
	text, err := secrets.SetMember(string(before), name, value)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(string(f)), filepath.Base(string(f))+"-*") // only its owner can read it
	if err != nil {
		return withoutPath(err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(text)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return withoutPath(err)
	}
	if now, err := os.ReadFile(string(f)); err != nil || string(now) != string(before) {
		return ErrChanged
	}
	return withoutPath(os.Rename(tmp.Name(), string(f)))
}

// withoutPath removes the file's path from an error; Change adds it.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
