// These tests hold rules that no package can hold alone: who may import whom,
// how long a file may be, whether openapi.yaml and template.yaml agree, and
// whether the documents name what exists. They read files and run the go
// command; they start no server and need no database.
package checks_test

import (
	"fmt"
	"os"
	"testing"

	"roster"
	"roster/shared/aws/sam"
)

// The tests run in the root of the repository, so that every path is written
// as the documents write it.
func TestMain(m *testing.M) {
	if err := os.Chdir(".."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// parse reads template.yaml.
func parse(t *testing.T) *sam.Template {
	t.Helper()
	template, err := sam.Parse(roster.Template)
	if err != nil {
		t.Fatal(err)
	}
	return template
}
