package checks_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"roster/shared/audit"

	"github.com/google/go-cmp/cmp"
)

// openapi.yaml describes every action that the log can have, and a query can ask for
// each.
func TestAuditActions(t *testing.T) {
	t.Parallel()
	written := auditActions(t)
	var described []string
	for _, v := range description(t).Components.Schemas["AuditAction"].Value.Enum {
		described = append(described, v.(string))
	}
	slices.Sort(described)
	if diff := cmp.Diff(written, described); diff != "" {
		t.Errorf("openapi.yaml's AuditAction (-constants +enum):\n%s", diff)
	}
	for _, action := range written {
		if problems := (audit.Query{Action: audit.Action(action), Limit: 1}).Check(); len(problems) > 0 {
			t.Errorf("a query for %s is refused: %v", action, problems)
		}
	}
	if problems := (audit.Query{Action: "canary", Limit: 1}).Check(); len(problems) == 0 {
		t.Error("a query for an action that does not exist is accepted")
	}
}

// auditActions are the values of the constants of type Action, sorted.
func auditActions(t *testing.T) (list []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", readFile(t, "shared/audit/audit.go"), 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Action" {
			action, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, action)
		}
		return true
	})
	slices.Sort(list)
	if len(list) < 16 {
		t.Fatalf("found only %v", list)
	}
	return list
}
