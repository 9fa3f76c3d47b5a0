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

// File is a JSON file on this machine in the place of the secret, as localdev
// keeps one.
type File string

// ErrChanged says that somebody else wrote the file meanwhile.
var ErrChanged = errors.New("it was changed meanwhile; try again")

// Change changes the file as package secrets changes a secret. The new one is
// there as a whole or not at all, and only its owner can read it.
func (f File) Change(_ context.Context, name string, compute func(map[string]string) (string, error)) error {
	if err := f.change(name, compute); err != nil {
		return fmt.Errorf("change %s in %s: %w", name, string(f), err)
	}
	return nil
}

func (f File) change(name string, compute func(map[string]string) (string, error)) error {
	was, err := os.ReadFile(string(f))
	if err != nil {
		return withoutPath(err)
	}
	values, err := secrets.ParseMembers(string(was))
	if err != nil {
		return err
	}
	value, err := compute(values)
	if err != nil || value == "" {
		return err
	}
	text, err := secrets.SetMember(string(was), name, value)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(string(f)), filepath.Base(string(f))+"-*") // closed to others
	if err != nil {
		return withoutPath(err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(text)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return withoutPath(err)
	}
	if now, err := os.ReadFile(string(f)); err != nil || string(now) != string(was) {
		return ErrChanged
	}
	return withoutPath(os.Rename(tmp.Name(), string(f)))
}

// withoutPath is what is wrong with a file whose name is said already.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
