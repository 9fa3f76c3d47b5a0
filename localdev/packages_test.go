package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// README.md is where a visitor sees what plays what.
func TestReadmeNamesEachPackage(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join("*", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no packages: %v", err)
	}
	for _, file := range files {
		name := filepath.Dir(file)
		if row := "| [`" + name + "`](" + name + ") | "; !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row for %s: add one that begins with %q and says what it plays", name, row)
		}
	}
}
