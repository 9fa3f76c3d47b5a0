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

// What a person can take in at a time. Most files have some 100 lines and most
// functions 20; these bounds are where to stop and divide.
const (
	longestFile     = 350 // lines
	longestFunction = 50  // lines
	mostParameters  = 5   // with the context; what belongs together is one struct
)

// manyParameters are functions that take more, with the reason.
var manyParameters = map[string]string{
	"shared/postgres/audit.go audited": "it is called by package postgres alone, always with one operation's name, event, scan, statement and arguments",
}

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

// The bounds are for code and not for tests, whose tables may be long.
func TestFilesAndFunctionsAreShort(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir // .git, and what localdev and sam leave
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
			t.Errorf("%s takes %d parameters or fewer, or is gone: take it out of manyParameters", name, mostParameters)
		}
	}
}

// measure says what of a file is too long. It notes in exempt which entries of
// manyParameters it used.
func measure(t *testing.T, path string, text []byte, exempt map[string]bool) (problems []string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if n := files.Position(file.FileEnd).Line; n > longestFile {
		complain("%s has %d lines, more than %d: it holds more than one idea", path, n, longestFile)
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
			if params := n.Params.NumFields(); params > mostParameters {
				key := filepath.ToSlash(path) + " " + name
				exempt[key] = true
				if manyParameters[key] == "" {
					complain("%s: %s takes %d parameters, more than %d: put what belongs together into a struct", files.Position(n.Pos()), name, params, mostParameters)
				}
			}
		}
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			from, to := files.Position(n.Pos()), files.Position(n.End())
			if lines := to.Line - from.Line + 1; lines > longestFunction {
				complain("%s: a function of %d lines, more than %d", from, lines, longestFunction)
			}
		}
		return true
	})
	return problems
}

// The measuring itself, on a file that breaks each bound.
func TestMeasureFindsWhatIsTooLong(t *testing.T) {
	t.Parallel()
	const six = "a, b, c int, d, e, f string"
	for what, c := range map[string]struct {
		text string
		want []string
	}{
		"within all bounds":            {"func short(a, b, c, d, e int) {}" + strings.Repeat("\n", 300), nil},
		"a long file":                  {strings.Repeat("// line\n", longestFile), []string{"has 352 lines"}},
		"a long function":              {"func f() {" + strings.Repeat("\n", longestFunction) + "}", []string{"a function of 51 lines"}},
		"a long literal":               {"var f = func() {" + strings.Repeat("\n", longestFunction) + "}", []string{"a function of 51 lines"}},
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
