package checks_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"roster/localdev/programtest"

	"github.com/google/go-cmp/cmp"
)

// layer is a group of folders with the same rule: which layers they may import.
// Packages of one folder may always import each other.
type layer struct {
	name    string
	folders []string
	imports []string // layers; with its own, its folders may import each other
	why     string   // the rule
}

// docs/architecture.md draws the layers. A new domain joins the layer domains. What
// each package may import is in imports_test.go.
var layers = []layer{
	{
		"programs",
		[]string{"functions", "localdev", "cmd"},
		[]string{"api", "boot", "domains", "entrances", "mechanisms", "store", "web"},
		"a program puts parts together; nothing imports a program",
	},
	{
		"boot",
		[]string{"shared/boot"},
		[]string{"domains", "entrances", "kernel", "mechanisms", "store"},
		"it makes parts from settings, and which HTTP handler uses them is the program's choice",
	},
	{
		"api",
		[]string{"shared/api"},
		[]string{"domains", "kernel", "web"},
		"a handler is given its store and its mechanisms, so its tests can give it others",
	},
	{
		"entrances",
		[]string{"shared/authorizer", "shared/bearer", "shared/job"},
		[]string{"domains", "kernel", "mechanisms"},
		"they are given their store, as a handler is",
	},
	{
		"store",
		[]string{"shared/postgres"},
		[]string{"domains", "kernel"},
		"it implements the interfaces of the domains and decides nothing",
	},
	{
		"web",
		[]string{"shared/web"},
		[]string{"kernel"},
		"every domain's endpoints use it, so it knows none",
	},
	{
		"domains",
		[]string{"shared/directory", "shared/user"},
		[]string{"kernel", "mechanisms"},
		"a domain imports no other domain, and knows neither HTTP nor SQL; what two domains need belongs into the kernel",
	},
	{
		"mechanisms",
		[]string{"shared/aws", "shared/credential", "shared/docspage", "shared/mail", "shared/wallclock"},
		[]string{"mechanisms"},
		"they know neither accounts nor the errors that a client reads",
	},
	{
		"kernel",
		[]string{"shared/audit", "shared/fault", "shared/ratelimit", "shared/request", "shared/strictjson"},
		[]string{"kernel"},
		"every domain imports it, and with it everything that it imports",
	},
}

// folderOf returns a package's folder as the layers name it: shared/user,
// shared/boot for shared/boot/tokens, functions for functions/login.
func folderOf(pkg string) string {
	first, rest, _ := strings.Cut(pkg, "/")
	if first != "shared" {
		return first
	}
	second, _, _ := strings.Cut(rest, "/")
	return first + "/" + second
}

// layerOf returns nil for a folder that is in no layer.
func layerOf(folder string) *layer {
	i := slices.IndexFunc(layers, func(l layer) bool { return slices.Contains(l.folders, folder) })
	if i < 0 {
		return nil
	}
	return &layers[i]
}

// folderImports are the other folders that a folder imports, for each folder of
// shared/ and of a layer.
func folderImports(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, p := range listPackages(t) {
		from := folderOf(p.ImportPath)
		if !strings.HasPrefix(from, "shared/") && layerOf(from) == nil {
			continue
		}
		found := all[from]
		for _, imported := range p.Imports {
			own, ok := strings.CutPrefix(imported, mod+"/")
			if to := folderOf(own); ok && to != from {
				found = append(found, to)
			}
		}
		slices.Sort(found)
		all[from] = slices.Compact(found)
	}
	return all
}

func TestLayers(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for from, imported := range folderImports(t) {
		l := layerOf(from)
		if l == nil {
			t.Errorf("%s is in no layer: add it to one in checks/layers_test.go", from)
			continue
		}
		used[from] = true
		for _, to := range imported {
			other := layerOf(to)
			switch {
			case other == nil:
				t.Errorf("%s imports %s, which is in no layer", from, to)
			case !slices.Contains(l.imports, other.name):
				t.Errorf("%s imports %s, and %s may import only %s: %s", from, to, l.name, strings.Join(l.imports, ", "), l.why)
			default:
				used[l.name+" --> "+other.name] = true
			}
		}
	}
	for _, l := range layers {
		for _, folder := range l.folders {
			if !used[folder] {
				t.Errorf("the layer %s names %s, which does not exist", l.name, folder)
			}
		}
		for _, to := range l.imports {
			if !used[l.name+" --> "+to] && to != l.name {
				t.Errorf("%s may import %s and does not: take that out of checks/layers_test.go", l.name, to)
			}
		}
	}
}

// light are the packages of others that the domains, and the HTTP over them, may
// link.
var light = map[string]string{
	"golang.org/x/net/idna": "domains of e-mail addresses in one form (RFC 5891)",
	"golang.org/x/text":     "idna's tables",
}

// A domain can be read, tested and linked without a driver, an SDK or a slow hash. It
// declares a small interface for what is heavy.
func TestDomainsLinkNothingHeavy(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, l := range layers {
		if !slices.Contains([]string{"api", "domains", "kernel", "web"}, l.name) {
			continue
		}
		for _, folder := range l.folders {
			for _, p := range linksOf(t, "./"+folder) {
				by, ok := isLight(p)
				used[by] = true
				if !ok {
					t.Errorf("%s links %s: declare a small interface in the domain and let package boot give it the mechanism", folder, p)
				}
			}
		}
	}
	for p := range light {
		if !used[p] {
			t.Errorf("nothing links %s any more: take it out of light", p)
		}
	}
}

func isLight(pkg string) (by string, ok bool) {
	first, _, _ := strings.Cut(pkg, "/")
	if first == mod || !strings.Contains(first, ".") {
		return "", true // ours, or the standard library's
	}
	for by = range light {
		if pkg == by || strings.HasPrefix(pkg, by+"/") {
			return by, true
		}
	}
	return "", false
}

// linksOf are all packages that the given ones link, with the standard library's.
func linksOf(t *testing.T, patterns ...string) []string {
	t.Helper()
	programtest.WatchSources(t)
	cmd := exec.Command("go", append([]string{"list", "-deps"}, patterns...)...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

var (
	drawing = regexp.MustCompile("(?s)```mermaid\nflowchart TD\n(.*?)```")
	node    = regexp.MustCompile(`^(\w+)\["(.*)"\]$`)
	arrow   = regexp.MustCompile(`^(\w+) --> (.*)$`)
)

// docs/architecture.md draws the layers: a node for each, with its folders, and
// an arrow for each import.
func TestTheDrawingShowsTheLayers(t *testing.T) {
	t.Parallel()
	found := drawing.FindStringSubmatch(readFile(t, "docs/architecture.md"))
	if found == nil {
		t.Fatal("docs/architecture.md has no drawing of the layers")
	}
	var want, got []string
	for _, l := range layers {
		var names []string
		for _, folder := range l.folders {
			names = append(names, strings.TrimPrefix(folder, "shared/"))
		}
		want = append(want, l.name+": "+strings.Join(names, ", "))
		for _, to := range l.imports {
			if to != l.name {
				want = append(want, l.name+" --> "+to)
			}
		}
	}
	for line := range strings.Lines(found[1]) {
		line = strings.TrimSpace(line)
		if m := node.FindStringSubmatch(line); m != nil {
			label, _ := strings.CutPrefix(m[2], "<b>"+m[1]+"</b><br>")
			got = append(got, m[1]+": "+label)
		} else if m := arrow.FindStringSubmatch(line); m != nil {
			for to := range strings.SplitSeq(m[2], " & ") {
				got = append(got, m[1]+" --> "+to)
			}
		} else {
			t.Errorf("the drawing has a line that is neither a node nor an arrow: %q", line)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("layers (-) and the drawing in docs/architecture.md (+):\n%s", diff)
	}
}

// shared/README.md has a row for each folder, which says what it is for and
// which other folders it imports.
func TestTheFoldersOfSharedAreExplained(t *testing.T) {
	t.Parallel()
	type row struct{ Layer, Imports string }
	want, got := map[string]row{}, map[string]row{}
	for folder, imported := range folderImports(t) {
		if !strings.HasPrefix(folder, "shared/") {
			continue
		}
		r := row{Layer: "none", Imports: "nothing"}
		if l := layerOf(folder); l != nil {
			r.Layer = l.name
		}
		if len(imported) > 0 {
			r.Imports = strings.ReplaceAll(strings.Join(imported, ", "), "shared/", "")
		}
		want[strings.TrimPrefix(folder, "shared/")] = r
	}
	for _, cells := range tableRows(readFile(t, "shared/README.md")) {
		if cells[0] == "layer" {
			continue
		}
		if len(cells) != 4 {
			t.Fatalf("shared/README.md has a row of %d cells: %q", len(cells), cells)
		}
		m := regexp.MustCompile(`^\[(\w+)\]\((\w+)\)$`).FindStringSubmatch(cells[1])
		if m == nil || m[1] != m[2] {
			t.Errorf("shared/README.md: %q is not a link to a folder", cells[1])
			continue
		}
		if !strings.HasSuffix(cells[2], ".") {
			t.Errorf("shared/README.md says what %s is for with no sentence: %q", m[1], cells[2])
		}
		got[m[1]] = row{cells[0], cells[3]}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("folders of shared/ (-) and rows of shared/README.md (+):\n%s", diff)
	}
}
