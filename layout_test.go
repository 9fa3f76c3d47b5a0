package roster_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a person can take in at a time. Most files have some 100 lines and most
// functions 20; these bounds are where to stop and divide.
const (
	longestFile     = 400 // lines
	longestFunction = 60  // lines
)

// vague are names under which anything can be put, and so is.
var vague = []string{"util", "utils", "common", "types", "helper", "helpers", "misc", "base", "lib"}

func TestPackagesAreNamedAndExplained(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		if slices.Contains(vague, p.Name) {
			t.Errorf("%s is named %s: name it for what it holds", p.ImportPath, p.Name)
		}
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s does not say what it is for: begin it with a comment", p.ImportPath)
		}
	}
}

func TestFilesAndFunctionsAreShort(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir // .git, and what localdev and sam leave
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			measure(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func measure(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if n := files.Position(file.FileEnd).Line; n > longestFile {
		t.Errorf("%s has %d lines, more than %d: it holds more than one idea", path, n, longestFile)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			from, to := files.Position(n.Pos()), files.Position(n.End())
			if lines := to.Line - from.Line + 1; lines > longestFunction {
				t.Errorf("%s: a function of %d lines, more than %d", from, lines, longestFunction)
			}
		}
		return true
	})
}
