package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/joho/godotenv"
)

// readDotenv reads variables from a file. A missing file is not an error. An
// error names the line and shows no value, because the values are secrets.
func readDotenv(file string) (map[string]string, error) {
	b, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cannot read %s (%w)", file, cause(err))
	}
	values, err := godotenv.UnmarshalBytes(b)
	if err != nil {
		return nil, fmt.Errorf("%s is not understood from line %d on; write NAME=value on each line, or NAME=\"value\"", file, badLine(string(b)))
	}
	return values, nil
}

// badLine returns the number of the first line that does not parse.
func badLine(text string) int {
	lines := strings.SplitAfter(text, "\n")
	for n := len(lines) - 1; n > 0; n-- {
		if _, err := godotenv.Unmarshal(strings.Join(lines[:n], "")); err == nil {
			return n + 1
		}
	}
	return 1
}
