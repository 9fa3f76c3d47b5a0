package postgres_test

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roster/localdev/postgrestest"
)

// Every statement of the package is one that PostgreSQL understands, with the
// schema as it is.
func TestStatementsFitTheSchema(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	statements := constants(t)
	if len(statements) < 10 {
		t.Fatalf("found only %v", slices.Sorted(maps.Keys(statements)))
	}
	for name, sql := range statements {
		if _, err := conn.Prepare(t.Context(), name, sql); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(sql, "select *") {
			t.Errorf("%s names no columns", name)
		}
	}
}

// constants are the package's const sql*, put together as the compiler does.
func constants(t *testing.T) map[string]string {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	// What is imported is not needed to put strings together.
	config := types.Config{Error: func(error) {}, Importer: nothing{}}
	pkg, _ := config.Check("postgres", fset, files, nil)
	found := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		if c, ok := pkg.Scope().Lookup(name).(*types.Const); ok && strings.HasPrefix(name, "sql") {
			found[name] = constant.StringVal(c.Val())
		}
	}
	return found
}

type nothing struct{}

func (nothing) Import(string) (*types.Package, error) { return nil, os.ErrNotExist }
