package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/joho/godotenv"

	variables "roster/shared/boot/settings"
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
	text := strings.TrimPrefix(string(b), "\ufeff") // some editors write a byte order mark
	if strings.Contains(text, dollar) {
		return nil, fmt.Errorf("%s is not text: it has a zero byte", file)
	}
	text = emptyWithComment.ReplaceAllString(text, "$1")
	text = strings.ReplaceAll(text, "$", dollar)
	values, err := godotenv.Unmarshal(text)
	if err != nil {
		return nil, fmt.Errorf("%s is not understood from line %d on; write NAME=value on each line, or NAME=\"value\"", file, badLine(text))
	}
	for name, value := range values {
		values[name] = strings.ReplaceAll(value, dollar, "$")
	}
	return values, checkNames(file, values)
}

// emptyWithComment finds the comment behind NAME=, which godotenv would take for the
// value: a line of .env.example without its first # would set a key to a sentence
// that everybody knows.
var emptyWithComment = regexp.MustCompile(`(?m)^([ \t]*(?:export[ \t]+)?[A-Z_]+=)[ \t]+#.*$`)

// dollar stands for $ while godotenv reads the file, which would expand $NAME
// otherwise: a password with a $ would lose a part without a word. The system has
// no variables with a zero byte.
const dollar = "\x00"

// checkNames refuses a name that nothing reads, because it is probably misspelled.
func checkNames(file string, values map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if slices.Contains(variableNames, name) {
			continue
		}
		if near := variables.DidYouMean(name); near != "" {
			return fmt.Errorf("%s has %s, which is no setting of Roster; did you mean %s?", file, name, near)
		}
		return fmt.Errorf("%s has %s, which localdev does not read; docs/configuration.md has the names", file, name)
	}
	return nil
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
