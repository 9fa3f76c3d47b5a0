package roster_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fenced = regexp.MustCompile("(?s) {3}```go\n(.*?) {3}```")

// TestReadmeExample compiles the endpoint that README.md adds, without writing
// into the checkout: the go command lays the files over it.
func TestReadmeExample(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay := map[string]string{}
	for _, block := range fenced.FindAllStringSubmatch(string(readme), -1) {
		code := regexp.MustCompile(`(?m)^ {3}`).ReplaceAllString(block[1], "")
		path, named := strings.CutPrefix(strings.SplitN(code, "\n", 2)[0], "// ")
		if !named {
			continue
		}
		overlay[filepath.Join(root, path)] = tempFile(t, code)
	}
	if len(overlay) != 4 {
		t.Fatalf("README.md shows %d files, want 4", len(overlay))
	}
	list, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", tempFile(t, string(list)), "-o", os.DevNull, "./functions/end_sessions")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the function of README.md does not compile: %v\n%s", err, out)
	}
}

func tempFile(t *testing.T, content string) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(content); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}
