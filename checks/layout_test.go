package checks_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The most that a reader can take in at a time. Most files have some 100 lines and
// most functions 20; at these bounds, divide.
const (
	maxFileLines     = 350
	maxFunctionLines = 50
	maxParameters    = 5 // with the context; a struct holds what belongs together
)

// manyParameters are the functions that take more parameters, and why.
var manyParameters = map[string]string{}

// vague names fit anything, so anything ends up there.
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

// The bounds do not hold for tests, whose tables may be long.
func TestFilesAndFunctionsAreShort(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir // .git, and what localdev and sam write
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			for _, problem := range measure(t, path, []byte(readFile(t, path)), seen) {
				t.Error(problem)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range manyParameters {
		if !seen[name] {
			t.Errorf("%s takes %d parameters or fewer, or is gone: take it out of manyParameters", name, maxParameters)
		}
	}
}

// measure returns what exceeds the bounds in a file. It records in exempt the
// functions with too many parameters.
func measure(t *testing.T, path string, text []byte, exempt map[string]bool) (problems []string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if n := files.Position(file.FileEnd).Line; n > maxFileLines {
		complain("%s has %d lines, more than %d: it holds more than one idea", path, n, maxFileLines)
	}
	names := map[*ast.FuncType]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			names[n.Type] = n.Name.Name
		case *ast.InterfaceType:
			for _, method := range n.Methods.List {
				if f, ok := method.Type.(*ast.FuncType); ok {
					names[f] = method.Names[0].Name
				}
			}
		case *ast.FuncType:
			name := cmp.Or(names[n], "a function without a name")
			if params := n.Params.NumFields(); params > maxParameters {
				key := filepath.ToSlash(path) + " " + name
				exempt[key] = true
				if manyParameters[key] == "" {
					complain("%s: %s takes %d parameters, more than %d: put what belongs together into a struct",
						files.Position(n.Pos()), name, params, maxParameters)
				}
			}
		}
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			from, to := files.Position(n.Pos()), files.Position(n.End())
			if lines := to.Line - from.Line + 1; lines > maxFunctionLines {
				complain("%s: a function of %d lines, more than %d", from, lines, maxFunctionLines)
			}
		}
		return true
	})
	return problems
}

// A file that exceeds a bound is found, for each bound.
func TestMeasureFindsWhatIsTooLong(t *testing.T) {
	t.Parallel()
	const six = "a, b, c int, d, e, f string"
	for what, c := range map[string]struct {
		text string
		want []string
	}{
		"within all bounds":            {"func short(a, b, c, d, e int) {}" + strings.Repeat("\n", 300), nil},
		"a long file":                  {strings.Repeat("// line\n", maxFileLines), []string{"has 352 lines"}},
		"a long function":              {"func f() {" + strings.Repeat("\n", maxFunctionLines) + "}", []string{"a function of 51 lines"}},
		"a long literal":               {"var f = func() {" + strings.Repeat("\n", maxFunctionLines) + "}", []string{"a function of 51 lines"}},
		"a function's parameters":      {"func f(" + six + ") {}", []string{"f takes 6"}},
		"a method's":                   {"func (v x) m(" + six + ") {}", []string{"m takes 6"}},
		"an interface's":               {"type i interface{ do(" + six + ") }", []string{"do takes 6"}},
		"those of a function's result": {"func f() func(" + six + ") { return nil }", []string{"a function without a name takes 6"}},
	} {
		got := measure(t, "x.go", []byte("package x\n\n"+c.text), map[string]bool{})
		if len(got) != len(c.want) || len(got) > 0 && !strings.Contains(got[0], c.want[0]) {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}
