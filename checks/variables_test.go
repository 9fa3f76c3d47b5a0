package checks_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What the sources know of variables is read from their syntax, by the form of
// a call and not by its name: env.Int("SESSION_MAX", 20, 1, 1000) names a
// variable, a default and two bounds, whatever the method is called.

// source is what the code says of one variable.
type source struct {
	mentions []token.Position
	read     bool     // its value is used somewhere
	defaults []string // the literal ones
	bounds   []string // such as 1 to 1000
}

// sources is what the programs and packages say, without their tests.
type sources struct {
	variables map[string]*source
	localdev  map[string]string // localdev's own defaults, "" where they are computed
	dotenv    map[string]bool   // what localdev takes from the environment and from .env
}

var variableForm = regexp.MustCompile(`^([A-Z][A-Z0-9]*(_[A-Z0-9]+)+|REGISTRATION)$`) // a word alone is no variable, with one exception

// foreign reports a name that has a variable's form and is no setting of ours.
func foreign(name string) bool {
	switch name {
	case "PG_VERSION": // a file of PostgreSQL's
	case "ROSTER_CHANGING": // a stage of a secret's version
	case "SYMMETRIC_DEFAULT": // an algorithm of KMS
	case "FLASK_DATABASE_URL", "ROSTER_TOKEN", "ROSTER_URL", "ROSTER_USERNAME": // for the command line alone: docs/command-line.md
	default:
		return strings.HasPrefix(name, "AWS_") // Lambda sets them
	}
	return true
}

func readSources(t *testing.T) sources {
	t.Helper()
	s := sources{map[string]*source{}, map[string]string{}, map[string]bool{}}
	files := token.NewFileSet()
	packages := map[string][]*ast.File{}
	for _, root := range []string{"cmd", "functions", "localdev", "shared"} {
		err := fs.WalkDir(tree, root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
				return fs.SkipDir
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(files, path, readFile(t, path), parser.SkipObjectResolution)
			packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], file)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for dir, syntax := range packages {
		r := reader{&s, files, dir == "localdev", constants(syntax), map[ast.Expr]bool{}}
		for _, file := range syntax {
			ast.Inspect(file, r.visit)
		}
	}
	return s
}

// constants are the untyped literals that a package gives a name.
func constants(syntax []*ast.File) map[string]*ast.BasicLit {
	found := map[string]*ast.BasicLit{}
	for _, file := range syntax {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Names) == len(spec.Values) {
				for i, value := range spec.Values {
					if literal, ok := value.(*ast.BasicLit); ok {
						found[spec.Names[i].Name] = literal
					}
				}
			}
			return true
		})
	}
	return found
}

// reader reads one package.
type reader struct {
	*sources
	files     *token.FileSet
	localdev  bool
	constants map[string]*ast.BasicLit
	unused    map[ast.Expr]bool // calls whose value nobody takes, and places that are written
}

func (r reader) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ExprStmt:
		r.unused[n.X] = true
	case *ast.AssignStmt:
		for _, to := range n.Lhs {
			r.unused[to] = true
		}
	case *ast.CallExpr:
		if len(n.Args) > 0 && !r.unused[n] {
			r.call(n.Args)
		}
	case *ast.IndexExpr:
		if name := r.literal(n.Index); variableForm.MatchString(name) && !r.unused[n] {
			r.variable(name, n.Index).read = true
		}
	case *ast.CompositeLit:
		if r.localdev {
			r.list(n)
		}
	case *ast.BasicLit:
		if name := r.literal(n); variableForm.MatchString(name) {
			r.variable(name, n)
		}
	}
	return true
}

// call reads name, default, least and most, as far as they are there.
func (r reader) call(args []ast.Expr) {
	name := r.literal(args[0])
	if !variableForm.MatchString(name) {
		return
	}
	v := r.variable(name, args[0])
	v.read = true
	if len(args) != 2 && len(args) != 4 {
		return
	}
	if fallback := r.literal(args[1]); fallback != "" {
		v.defaults = append(v.defaults, fallback)
	}
	if len(args) == 4 {
		v.bounds = append(v.bounds, r.literal(args[2])+" to "+r.literal(args[3]))
	}
}

// list reads what localdev takes, and what it gives itself.
func (r reader) list(literal *ast.CompositeLit) {
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if name := r.literal(pair.Key); variableForm.MatchString(name) {
				r.sources.localdev[name] = r.literal(pair.Value)
			}
		} else if name := r.literal(element); variableForm.MatchString(name) {
			r.dotenv[name] = true
		}
	}
}

func (r reader) variable(name string, at ast.Node) *source {
	v := r.variables[name]
	if v == nil {
		v = &source{}
		r.variables[name] = v
	}
	v.mentions = append(v.mentions, r.files.Position(at.Pos()))
	return v
}

// literal is an expression's value, or "" where it has to be computed.
func (r reader) literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
		return strings.ReplaceAll(e.Value, "_", "")
	case *ast.Ident:
		if e.Name == "true" || e.Name == "false" {
			return e.Name
		}
		if value := r.constants[e.Name]; value != nil {
			return r.literal(value)
		}
	}
	return ""
}
