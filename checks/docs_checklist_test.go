package checks_test

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"roster/shared/aws/sam"
)

// model is the endpoint that CONTRIBUTING.md tells the reader to copy from.
const model = "end_session"

// The checklist for a new endpoint is held against an endpoint that is there.
// Each step names a test that fails without it, and each file that a step names
// knows the model, by its name or by its route. So who follows the checklist to
// the letter has what the model has.
func TestTheChecklistFitsAnEndpoint(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(readFile(t, "CONTRIBUTING.md"), "\n## Add an endpoint\n")
	text, _, _ = strings.Cut(text, "\n## ")
	if !strings.Contains(text, "`"+model+"`") {
		t.Errorf("the checklist does not say that %s is the endpoint to copy from", model)
	}
	steps := 0
	for _, row := range tableRows(text) {
		if by := row[len(row)-1]; by != "checked by" && !named.MatchString(by) {
			t.Errorf("no test checks %q", row)
		}
		if len(row) != 4 || row[0] == "step" {
			continue
		}
		steps++
		for _, m := range codeSpan.FindAllStringSubmatch(row[2], -1) {
			path := strings.ReplaceAll(m[1], "<name>", model)
			b, err := fs.ReadFile(tree, path)
			if err != nil {
				t.Errorf("step %s: %v", row[0], err)
			} else if !slices.ContainsFunc(namesOf(t, model), func(name string) bool { return strings.Contains(string(b), name) }) {
				t.Errorf("step %s: %s does not know %s: the step is not needed, or its place has changed", row[0], path, model)
			}
		}
	}
	if steps < 10 {
		t.Errorf("the checklist has %d steps", steps)
	}
}

// namesOf are the forms in which files name an endpoint: end_session,
// EndSession, and its route.
func namesOf(t *testing.T, folder string) []string {
	t.Helper()
	f := parse(t).Function(folder)
	return []string{folder, strings.TrimSuffix(f.LogicalID, "Function"), f.Routes[0].Path}
}

// CONTRIBUTING.md promises that the code of an endpoint is found by its name.
func TestEndpointsHaveTheirNameInEachLayer(t *testing.T) {
	t.Parallel()
	for _, f := range parse(t).Functions {
		if !slices.ContainsFunc(f.Routes, func(r sam.Route) bool { return strings.HasPrefix(r.Path, "/api/") }) {
			continue
		}
		if _, err := fs.Stat(tree, path.Join("shared", "api", f.Folder+".go")); err != nil {
			t.Error(err)
		}
		domains, err := fs.Glob(tree, path.Join("shared", "*", f.Folder+".go"))
		if err != nil {
			t.Fatal(err)
		}
		domains = slices.DeleteFunc(domains, func(file string) bool {
			return slices.Contains([]string{"api", "postgres"}, path.Base(path.Dir(file)))
		})
		if len(domains) == 0 {
			t.Errorf("no domain has a file %s.go: name the operation's file like its endpoint", f.Folder)
		}
	}
}
