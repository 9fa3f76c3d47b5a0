package runtimeapi_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster/localdev/runtimeapi"
)

// module writes a module of its own, for ... does not look into testdata.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.org/m\n\ngo 1.26.0\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBuildTakesFoldersBelow(t *testing.T) {
	t.Parallel()
	dir := module(t, map[string]string{"functions/a/main.go": "package main\n\nfunc main() {}\n", "functions/b/b.go": "package main\n\nfunc main() {}\n", "functions/functions_test.go": "package functions\n"})
	out := filepath.Join(t.TempDir(), "new", "folder")
	if err := runtimeapi.Build(t.Context(), []string{filepath.Join(dir, "functions", "...")}, out); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".exe"))
	}
	check(t, names, []string{"a", "b"})
}

func TestBuildTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := module(t, map[string]string{"main.go": "package main\n\nfunc main() { doesNotExist() }\n"})
	if err := runtimeapi.Build(t.Context(), []string{dir}, t.TempDir()); err == nil || !strings.Contains(err.Error(), "undefined: doesNotExist") {
		t.Errorf("error %v", err)
	}
	if err := runtimeapi.Build(t.Context(), nil, t.TempDir()); err == nil {
		t.Error("nothing was built, without an error")
	}
}

func TestReportIsLambdas(t *testing.T) {
	t.Parallel()
	r := runtimeapi.Report{RequestID: "1", Duration: 1234 * time.Microsecond, MemoryMB: 128}
	check(t, r.String(), "REPORT RequestId: 1\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB")
	r.Init, r.MaxMemory, r.Err = 10*time.Millisecond, 20<<20+1, &runtimeapi.TimeoutError{}
	check(t, r.String(), "REPORT RequestId: 1\tDuration: 1.23 ms\tBilled Duration: 12 ms\tMemory Size: 128 MB\tMax Memory Used: 21 MB\tInit Duration: 10.00 ms\tStatus: timeout")
}
