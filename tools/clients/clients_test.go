// These tests generate clients from openapi.yaml, with the generators that people
// use for Go and for TypeScript, and compile each with a file that uses it. They are
// in a module of their own, so that Roster itself requires no generator. Run them
// with make clients.
package clients_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	_ "github.com/oapi-codegen/runtime" // the client that is generated imports it
)

const description = "../../openapi.yaml"

// folder returns a folder for one client, with the given files of testdata. It is
// below this one, so that the client finds the module and npm's packages.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp(".", "generated-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, file := range files {
		b, err := os.ReadFile(filepath.Join("testdata", file))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func run(t *testing.T, name string, arguments ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, arguments, err, out)
	}
}

func TestAGoClientCompiles(t *testing.T) {
	t.Parallel()
	dir := folder(t, "use.go")
	run(t, "go", "tool", "oapi-codegen", "-config", "testdata/oapi-codegen.yaml", "-o", dir+"/client.gen.go", description)
	run(t, "go", "vet", "./"+dir)
}

func TestATypeScriptClientCompiles(t *testing.T) {
	t.Parallel()
	dir := folder(t, "use.ts")
	run(t, "node_modules/.bin/openapi-typescript", description, "-o", dir+"/api.d.ts")
	run(t, "node_modules/.bin/tsc", "--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", dir+"/use.ts")
}
