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

// assembly is what the main.go of a function puts together.
type assembly struct {
	folder string
	calls  []string // keys of parts, sorted
	http   bool     // it serves routes
}

var readMains = sync.OnceValues(func() (map[string]assembly, error) {
	paths, err := filepath.Glob("*/main.go")
	if err != nil {
		return nil, err
	}
	all := map[string]assembly{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		m := assemblyOf(file)
		m.folder = filepath.Dir(path)
		all[m.folder] = m
	}
	return all, nil
})

// mains are all functions, by folder.
func mains(t testing.TB) map[string]assembly {
	t.Helper()
	all, err := readMains()
	if err != nil || len(all) < 20 {
		t.Fatalf("%d functions were found, %v", len(all), err)
	}
	return all
}

// assemblyOf collects the calls of package boot, of the packages below it and of
// the environment. A text that is a call's first argument belongs to its name.
func assemblyOf(file *ast.File) assembly {
	packages := map[string]bool{"env": true}
	for _, spec := range file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		if strings.HasPrefix(path+"/", "roster/shared/boot/") {
			packages[filepath.Base(path)] = true
		}
	}
	var m assembly
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

func (m assembly) has(call string) bool { return slices.Contains(m.calls, call) }

// collect returns one list of all parts, sorted.
func (m assembly) collect(list func(part) []string) (all []string) {
	for _, call := range m.calls {
		all = append(all, list(parts[call])...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (m assembly) variables() []string {
	return m.collect(func(p part) []string { return p.variables })
}

func (m assembly) required() []string { return m.collect(func(p part) []string { return p.required }) }

// stoppedBy reports whether a bad value of a setting stops it. A function that
// verifies tokens and reads the keys for another reason uses the whole ring.
func (m assembly) stoppedBy(setting string) bool {
	readsKeys := m.readsKeys()
	switch {
	case setting == "JWT_KEYS" && readsKeys && m.verifiesTokens():
		return true
	case setting == "JWT_PUBLIC_KEYS" && readsKeys:
		return false
	}
	return slices.Contains(m.collect(func(p part) []string { return p.checked }), setting)
}

// included are the policies of template.yaml that a function with another one does
// not need. The keys that sign are there with their public halves.
var included = map[string][]string{"ReadKeys": {"ReadPublic"}, "SignTokens": {"ReadKeys", "ReadPublic"}}

// policies are those of template.yaml.
func (m assembly) policies() []string {
	all := m.collect(func(p part) []string { return p.policies })
	for name, less := range included {
		if slices.Contains(all, name) {
			all = slices.DeleteFunc(all, func(name string) bool { return slices.Contains(less, name) })
		}
	}
	return all
}

// readsKeys reports whether it may read the keys that sign.
func (m assembly) readsKeys() bool {
	return slices.ContainsFunc(m.policies(), func(name string) bool {
		return name == "ReadKeys" || name == "SignTokens" || name == "ChangeKeys"
	})
}

func (m assembly) hashes() bool {
	return slices.ContainsFunc(m.calls, func(call string) bool { return parts[call].hashes })
}

// waitsFor returns the step of a deployment that must be done before it serves, or
// "". The schema comes after the keys.
func (m assembly) waitsFor() string {
	switch {
	case special[m.folder].isStep:
		return ""
	case m.has("env.Postgres"):
		return "Schema"
	case slices.Contains(m.variables(), "KEYS_SECRET_ARN"):
		return "SigningKeys"
	}
	return ""
}

// withPolicy returns the folders of the functions with a policy, sorted.
func withPolicy(t *testing.T, policy string) (folders []string) {
	t.Helper()
	for folder, m := range mains(t) {
		if slices.Contains(m.policies(), policy) {
			folders = append(folders, folder)
		}
	}
	slices.Sort(folders)
	return folders
}

// A part that is not in the table could need a variable that no deployment has.
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

// verifiesTokens reports whether it verifies access tokens and signs none.
func (m assembly) verifiesTokens() bool { return m.has("tokens.New") || m.has("cutover.New") }
