package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"roster/shared/keyring"
)

// ring returns the keys that sign access tokens, as JWT_KEYS holds them. They
// are made on first use, so that tokens outlive a restart and services that
// verify them have keys to fetch, as with a deployment.
func ring(data string) (string, error) {
	file := filepath.Join(data, "jwt_keys.json")
	text, err := readRing(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	key, err := keyring.Generate(keyring.ES256)
	if err != nil {
		return "", err
	}
	made, err := keyring.Begin(key, time.Now()).JSON()
	if err != nil {
		return "", err
	}
	if err := writeOnce(file, made); err != nil {
		return "", fmt.Errorf("cannot write %s (%w); choose another folder with -data", file, cause(err))
	}
	return readRing(file) // another localdev may have been quicker
}

func readRing(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("cannot read %s (%w)", file, cause(err))
	}
	if _, err := keyring.Parse(string(b)); err != nil {
		return "", fmt.Errorf("%s is damaged; remove it to have new keys made (people will have to log in again)", file)
	}
	return string(b), nil
}
