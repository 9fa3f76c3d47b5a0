package postgres_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// sourceCode is the source of package postgres, type-checked.
type sourceCode struct {
	fset  *token.FileSet
	files []*ast.File
	pkg   *types.Package
	info  *types.Info
}

// listedPackage is what go list says of a package.
type listedPackage struct {
	ImportPath, Export string
	GoFiles            []string
}

// listPackages returns package postgres and everything that it imports.
var listPackages = sync.OnceValues(func() (all []listedPackage, err error) {
	out, err := exec.Command("go", "list", "-deps", "-export", "-json=ImportPath,Export,GoFiles", ".").Output()
	for d := json.NewDecoder(bytes.NewReader(out)); err == nil; {
		var p listedPackage
		if err = d.Decode(&p); err == nil {
			all = append(all, p)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return all, err
})

// loadSource reads the package, and more files that a test has made up.
func loadSource(t *testing.T, more ...string) sourceCode {
	t.Helper()
	packages, err := listPackages()
	if err != nil || len(packages) == 0 {
		t.Fatalf("go list: %d packages, %v", len(packages), err)
	}
	s := sourceCode{fset: token.NewFileSet(), info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}}
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	parse := func(name string, text any) {
		file, err := parser.ParseFile(s.fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, file)
	}
	for _, name := range packages[len(packages)-1].GoFiles { // -deps lists the package itself last
		parse(name, nil)
	}
	for i, text := range more {
		parse(fmt.Sprintf("made_up_%d.go", i), text)
	}
	config := types.Config{Importer: importer.ForCompiler(s.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	if s.pkg, err = config.Check("roster/shared/postgres", s.fset, s.files, s.info); err != nil {
		t.Fatal(err)
	}
	return s
}

// statements returns the package's constants of type statement.
func (s sourceCode) statements(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range s.pkg.Scope().Names() {
		if c, ok := s.pkg.Scope().Lookup(name).(*types.Const); ok && s.isStatement(c.Type()) {
			found[name] = constant.StringVal(c.Val())
		}
	}
	return found
}

func (s sourceCode) isStatement(t types.Type) bool {
	return t != nil && types.Identical(t, s.pkg.Scope().Lookup("statement").Type())
}

// escapes returns each place where SQL could reach PostgreSQL that is not a
// constant of the package of type statement.
func (s sourceCode) escapes() (found []string) {
	for _, file := range s.files {
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.CONST {
				continue // statements finds these
			}
			f, _ := decl.(*ast.FuncDecl)
			sends := f != nil && f.Name.Name == "send"
			ast.Inspect(decl, func(n ast.Node) bool {
				what := s.escape(n)
				if what == "" || (sends && what == sendsText) {
					return true
				}
				found = append(found, fmt.Sprintf("%s: %s", s.fset.Position(n.Pos()), what))
				return false
			})
		}
	}
	return found
}

const sendsText = "sends SQL otherwise than by query.send"

// sendingMethods are pgx's methods that take SQL.
var sendingMethods = regexp.MustCompile(`^(Query|QueryRow|Exec\w*|Prepare|Deallocate|Queue|SendBatch|SendQuery\w*|SendPrepare|CopyFrom|CopyTo)$`)

// escape says what is wrong with one node of the syntax tree, or "".
func (s sourceCode) escape(n ast.Node) string {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		if o := s.info.Uses[n.Sel]; o != nil && s.sendsSQL(o) {
			return sendsText
		}
	case *ast.Ident:
		if c, ok := s.info.Defs[n].(*types.Const); ok && s.isStatement(c.Type()) {
			return "a statement that is a constant of a function"
		}
	case ast.Expr:
		tv := s.info.Types[n]
		if !tv.IsValue() || !s.isStatement(tv.Type) {
			return ""
		}
		if tv.Value != nil {
			return "a statement that is no constant of the package"
		}
		switch n.(type) {
		case *ast.CallExpr, *ast.BinaryExpr:
			return "a statement that is put together"
		}
	}
	return ""
}

// sendsSQL reports whether an object is a method of pgx that takes SQL, or of
// our interface for them.
func (s sourceCode) sendsSQL(o types.Object) bool {
	f, ok := o.(*types.Func)
	if !ok || !sendingMethods.MatchString(f.Name()) {
		return false
	}
	return f.Pkg() == s.pkg || strings.HasPrefix(f.Pkg().Path(), "github.com/jackc/pgx/")
}
