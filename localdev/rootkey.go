package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// rootKeyFile is what matters here of what secrets.json holds.
type rootKeyFile struct {
	RootKey string `json:"ROOT_KEY"`
}

// minKeyLength is the least length of a key, in characters; package boot refuses
// shorter ones.
const minKeyLength = 32

// rootKey returns the key from which the local secrets are derived; it is made
// on first use, so that tokens outlive a restart.
func rootKey(data string) (string, error) {
	// Others may pass through, for as root PostgreSQL is another account and
	// its folder is inside; they see nothing.
	if err := os.MkdirAll(data, 0o711); err != nil {
		return "", fmt.Errorf("cannot make the data folder %s (%w); choose another with -data", data, cause(err))
	}
	file := filepath.Join(data, "secrets.json")
	key, err := readKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := writeKey(file, rand.Text()+rand.Text()); err != nil {
		return "", fmt.Errorf("cannot write %s (%w); choose another folder with -data", file, cause(err))
	}
	return readKey(file) // another localdev may have been quicker
}

func readKey(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("cannot read %s (%w)", file, cause(err))
	}
	var kept rootKeyFile
	if json.Unmarshal(b, &kept) != nil || len(kept.RootKey) < minKeyLength {
		return "", fmt.Errorf("%s is damaged; remove it to have new secrets made (people will have to log in again)", file)
	}
	return kept.RootKey, nil
}

// writeKey puts the whole file there at once, or leaves the one that is there.
func writeKey(file, key string) error {
	b, err := json.Marshal(rootKeyFile{RootKey: key})
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), "secrets-*") // closed to others
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(append(b, '\n'))
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), file); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
