package functions_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// made is what a function is made of, as its main.go says it.
type made struct {
	folder string
	calls  []string // keys of parts, sorted
	http   bool     // it serves routes
}

var readMains = sync.OnceValues(func() (map[string]made, error) {
	paths, err := filepath.Glob("*/main.go")
	if err != nil {
		return nil, err
	}
	all := map[string]made{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		m := madeOf(file)
		m.folder = filepath.Dir(path)
		all[m.folder] = m
	}
	return all, nil
})

// mains are all functions, by folder.
func mains(t testing.TB) map[string]made {
	t.Helper()
	all, err := readMains()
	if err != nil || len(all) < 20 {
		t.Fatalf("%d functions were found, %v", len(all), err)
	}
	return all
}

// madeOf collects the calls of package boot, of those below it, and of the
// environment that they give. A call with a name in it counts with the name.
func madeOf(file *ast.File) made {
	packages := map[string]bool{"env": true}
	for _, spec := range file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		if strings.HasPrefix(path+"/", "roster/shared/boot/") {
			packages[filepath.Base(path)] = true
		}
	}
	var m made
	calls := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		of, ok := selector.X.(*ast.Ident)
		if !ok {
			return true
		}
		name := of.Name + "." + selector.Sel.Name
		m.http = m.http || name == "lambdahttp.Start"
		if !packages[of.Name] {
			return true
		}
		if len(call.Args) > 0 {
			if literal, ok := call.Args[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				name += "(" + literal.Value + ")"
			}
		}
		calls[name] = true
		return true
	})
	m.calls = slices.Sorted(maps.Keys(calls))
	return m
}

func (m made) has(call string) bool { return slices.Contains(m.calls, call) }

// collect returns what a list of all parts holds, sorted.
func (m made) collect(list func(part) []string) (all []string) {
	for _, call := range m.calls {
		all = append(all, list(parts[call])...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (m made) variables() []string { return m.collect(func(p part) []string { return p.variables }) }
func (m made) required() []string  { return m.collect(func(p part) []string { return p.required }) }

// stoppedBy reports whether a bad value of a setting stops it.
func (m made) stoppedBy(setting string) bool {
	return slices.Contains(m.collect(func(p part) []string { return p.checked }), setting)
}

// policies are those of template.yaml. Two of them read the secret and do more.
func (m made) policies() []string {
	all := m.collect(func(p part) []string { return p.policies })
	if slices.Contains(all, "SignTokens") || slices.Contains(all, "ChangeSecret") {
		all = slices.DeleteFunc(all, func(name string) bool { return name == "ReadSecret" })
	}
	return all
}

func (m made) hashes() bool {
	return slices.ContainsFunc(m.calls, func(call string) bool { return parts[call].hashes })
}

// waitsForSchema reports whether the schema must be ready before it serves.
func (m made) waitsForSchema() bool { return m.has("env.Postgres") && !special[m.folder].isSeed }

// with returns the folders of the functions with a policy, sorted.
func with(t *testing.T, policy string) (folders []string) {
	t.Helper()
	for folder, m := range mains(t) {
		if slices.Contains(m.policies(), policy) {
			folders = append(folders, folder)
		}
	}
	slices.Sort(folders)
	return folders
}

// A part that nobody has described could need a variable that no deployment
// gives.
func TestAllPartsAreKnown(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for folder, m := range mains(t) {
		for _, call := range m.calls {
			used[call] = true
			if _, known := parts[call]; !known {
				t.Errorf("functions/%s/main.go calls %s: add it to parts in functions/facts_test.go, with what it needs", folder, call)
			}
		}
	}
	for call := range parts {
		if !used[call] {
			t.Errorf("no main calls %s: take it out of parts in functions/facts_test.go", call)
		}
	}
	for folder := range special {
		if _, there := mains(t)[folder]; !there {
			t.Errorf("there is no functions/%s: take it out of special in functions/facts_test.go", folder)
		}
	}
}
