package checks_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// These tests hold what the documents say against the repository: links, paths,
// commands, names of tests and lists that must be whole.

// document is a Markdown file. Its prose has no blocks of code: what these hold
// is for a shell, not for a reader to follow.
type document struct{ path, text, prose string }

var (
	fence     = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	indented  = regexp.MustCompile(`(?m)^(?: {4}|\t).*`)
	codeSpan  = regexp.MustCompile("`([^`\n]+)`")
	linkTo    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading   = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// documents are all Markdown files of the repository.
func documents(t *testing.T) (all []document) {
	t.Helper()
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return fs.SkipDir
		case strings.HasSuffix(path, ".md"):
			text := readFile(t, path)
			all = append(all, document{path, text, indented.ReplaceAllString(fence.ReplaceAllString(text, ""), "")})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 30 {
		t.Fatalf("found only %d documents", len(all))
	}
	return all
}

// zsh, the shell of macOS, takes a # in a pasted line for an argument: the command
// would fail, or do something else.
func TestPastedCommandsHaveNoComments(t *testing.T) {
	t.Parallel()
	shell := regexp.MustCompile("(?ms)^```sh$.*?^```$")
	commented := regexp.MustCompile(`(?m)^.*\S.*\s#\s.*$`)
	commands := 0
	for _, d := range documents(t) {
		blocks := append(shell.FindAllString(d.text, -1), indented.FindAllString(fence.ReplaceAllString(d.text, ""), -1)...)
		for _, block := range blocks {
			commands++
			for _, line := range commented.FindAllString(block, -1) {
				t.Errorf("%s: %q has a comment behind the command; say it in the text", d.path, line)
			}
		}
	}
	if commands < 50 {
		t.Fatalf("found only %d commands", commands)
	}
}

// A package of another module is not found from the root, where the commands are
// run that name no other folder.
func TestCommandsNamePackagesOfThisModule(t *testing.T) {
	t.Parallel()
	command := regexp.MustCompile("(?m)(?:^ *|`)(?:[A-Z_]+=\\S+ )*go (?:run|test) (?:[^`\n]* )?\\./([a-z][a-z0-9_/]*)")
	found := 0
	for _, d := range documents(t) {
		for _, m := range command.FindAllStringSubmatch(d.text, -1) {
			found++
			if files, err := fs.Glob(tree, m[1]+"/*.go"); err != nil || len(files) == 0 {
				t.Errorf("%s: %q: there is no such package", d.path, m[0])
			}
			if _, err := fs.Stat(tree, m[1]+"/go.mod"); err == nil {
				t.Errorf("%s: %q is a module of its own; write go -C %s", d.path, m[0], m[1])
			}
		}
	}
	if found < 10 {
		t.Fatalf("found only %d commands", found)
	}
}

// A visitor reads the README in one go. What does not fit belongs into docs/.
func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	if n := strings.Count(readFile(t, "README.md"), "\n"); n > 200 {
		t.Errorf("README.md has %d lines, more than 200", n)
	}
}

func TestLinksResolve(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t) {
		for _, m := range linkTo.FindAllStringSubmatch(codeSpan.ReplaceAllString(d.prose, ""), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			path := d.path
			if target != "" {
				path = filepath.Join(filepath.Dir(d.path), target)
			}
			if _, err := fs.Stat(tree, path); err != nil {
				t.Errorf("%s links to %s: %v", d.path, m[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(readFile(t, path)), anchor) {
				t.Errorf("%s links to %s, and %s has no such heading", d.path, m[1], path)
			}
		}
	}
}

// anchors are the headings as GitHub links to them.
func anchors(text string) (all []string) {
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		all = append(all, strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return all
}

// A rename must not leave a document behind that names what is gone.
func TestDocumentsNameWhatExists(t *testing.T) {
	t.Parallel()
	tests := declaredTests(t)
	makefile := readFile(t, "Makefile")
	inRepository := regexp.MustCompile(`^(?:\./)?((?:\.ci|checks|cmd|docs|examples|functions|localdev|shared|tools)/[\w./-]*)$`)
	for _, d := range documents(t) {
		for line := range strings.Lines(d.prose) {
			mayBeMissing := strings.Contains(line, "| open |") // such a row may name a test that is to come
			for _, m := range codeSpan.FindAllStringSubmatch(line, -1) {
				name := m[1]
				if named.MatchString(m[0]) && !tests[name] && !mayBeMissing {
					t.Errorf("%s names the test %s, which does not exist", d.path, name)
				}
				if path := inRepository.FindStringSubmatch(name); path != nil && name != ".ci/artefacts" { // which .ci/run makes
					if _, err := fs.Stat(tree, strings.TrimSuffix(path[1], "/")); err != nil {
						t.Errorf("%s names %s: %v", d.path, name, err)
					}
				}
				if target, ok := strings.CutPrefix(name, "make "); ok && !strings.Contains(makefile, "\n"+target+":") {
					t.Errorf("%s names %s, and the Makefile has no such target", d.path, name)
				}
			}
		}
	}
}

// Each folder of documents has a page that lists the others with a sentence.
func TestEveryPageIsListed(t *testing.T) {
	t.Parallel()
	for folder, more := range map[string][]string{"docs": {"decisions/README.md", "security/README.md", "schema.sql"}, "docs/decisions": nil, "docs/security": nil} {
		index := filepath.Join(folder, "README.md")
		pages, err := fs.Glob(tree, folder+"/*.md")
		if err != nil {
			t.Fatal(err)
		}
		text := readFile(t, index)
		for _, page := range more {
			pages = append(pages, filepath.Join(folder, page))
		}
		for _, page := range pages {
			name, err := filepath.Rel(folder, page)
			if err != nil {
				t.Fatal(err)
			}
			if page != index && !strings.Contains(text, "]("+filepath.ToSlash(name)+")") {
				t.Errorf("%s does not list %s", index, name)
			}
		}
	}
}

func TestEndpointsAreListed(t *testing.T) {
	t.Parallel()
	want, got := map[string]bool{}, map[string]bool{}
	for route := range operations(description(t)) {
		want[route] = true
	}
	for _, row := range tableRows(readFile(t, "docs/endpoints.md")) {
		if call := strings.Trim(row[0], "`"); call != "call" {
			got[call] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls of openapi.yaml (-) and rows of docs/endpoints.md (+):\n%s", diff)
	}
}
