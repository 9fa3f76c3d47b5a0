// These tests hold rules that no package can hold alone: who may import whom,
// how long a file may be, whether openapi.yaml and template.yaml agree, and
// whether the documents name what exists. They read files and run the go
// command; they start no server and need no database.
package checks_test

import (
	"io/fs"
	"os"
	"testing"

	"roster"
	"roster/shared/aws/sam"
)

const root = ".."

// tree is the repository, whose paths the tests write as the documents do. The
// tests do not change into the root folder for that: go test would then not notice
// which files they read, and would take an old result from its cache after a change.
var tree = os.DirFS(root)

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := fs.ReadFile(tree, path)
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
