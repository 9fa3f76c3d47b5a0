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

// rootKeyFile is the part of secrets.json that this file uses.
type rootKeyFile struct {
	RootKey string `json:"ROOT_KEY"`
}

// minKeyLength is in characters. Package boot refuses shorter keys.
const minKeyLength = 32

// rootKey returns the key from which the local secrets are derived. It is created
// on first use and kept, so that tokens stay valid after a restart.
func rootKey(data string) (string, error) {
	// Other accounts may enter the folder but not list it: as root, PostgreSQL
	// runs as another account, and its folder is inside this one.
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
	return readKey(file) // another localdev may have written it first
}

func readKey(file string) (string, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrPermission) {
		return "", fmt.Errorf("cannot read %s (%w): it belongs to another account. If the data folder is a copy, give it to this account with: sudo chown -R %d %s; "+
			"otherwise choose another folder with -data", file, cause(err), os.Geteuid(), shellQuote(filepath.Dir(file)))
	}
	if err != nil {
		return "", fmt.Errorf("cannot read %s (%w)", file, cause(err))
	}
	var kept rootKeyFile
	if json.Unmarshal(b, &kept) != nil || len(kept.RootKey) < minKeyLength {
		return "", fmt.Errorf("%s is damaged; remove it to have new secrets made (people will have to log in again)", file)
	}
	return kept.RootKey, nil
}

// writeKey creates the file as a whole. A file that already exists stays as it is.
func writeKey(file, key string) error {
	b, err := json.Marshal(rootKeyFile{RootKey: key})
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), "secrets-*") // mode 0600
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
