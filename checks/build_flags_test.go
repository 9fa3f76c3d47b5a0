package checks_test

import (
	"io/fs"
	"strings"
	"testing"

	"roster/localdev/runtimeapi"
)

// The tests measure and run binaries that are built with runtimeapi.Flags. What is
// deployed is built with the GOFLAGS that stand in other files, so they must be
// the same.
func TestBuildFlagsAreTheSameEverywhere(t *testing.T) {
	t.Parallel()
	flags := runtimeapi.Flags()
	for i, f := range flags {
		if strings.Contains(f, " ") {
			flags[i] = "'" + f + "'"
		}
	}
	want := strings.Join(flags, " ")
	copies := 0
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(d.Name()):
			return fs.SkipDir
		case d.IsDir() || strings.HasSuffix(path, ".go"):
			return nil
		}
		for i, line := range strings.Split(readFile(t, path), "\n") {
			if !strings.Contains(line, "-ldflags=") {
				continue
			}
			copies++
			if !strings.Contains(line, want) {
				t.Errorf("%s, line %d: want %s, as in localdev/runtimeapi/build.go", path, i+1, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if copies < 5 {
		t.Errorf("found the flags %d times, want them in Makefile, .ci/run, README.md, template.yaml and docs/deploy.md", copies)
	}
}

// skipped reports whether a folder holds nothing of the repository. .ci does, beside
// what CI installs there.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") && name != "." && name != ".ci" || name == "node_modules" || name == "tools" || name == "artefacts"
}
