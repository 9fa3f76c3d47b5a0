package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDotenvIsRead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".env")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := readDotenv(file); err != nil || got != nil {
		t.Errorf("no file: %v, %v", got, err)
	}
	write("# a comment\nSECRET_KEY=abc # another\nexport MAIL_FROM=\"Accounts <no-reply@example.com>\"\n\nMAIL_SERVER=\n")
	got, err := readDotenv(file)
	want := map[string]string{"SECRET_KEY": "abc", "MAIL_FROM": "Accounts <no-reply@example.com>", "MAIL_SERVER": ""}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for text, line := range map[string]string{
		"hush hush\nA=b\n":                     "line 1 ",
		"A=b\nhush hush\nSECRET_KEY=hush\n":    "line 2 ",
		"A=b\nC=d\nSECRET_KEY=\"hush\nE=f\n":   "line 3 ",
		"A=\"two\nlines\"\nSECRET_KEY='hush\n": "line 3 ",
	} {
		write(text)
		_, err := readDotenv(file)
		if err == nil || !strings.Contains(err.Error(), line) || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one sentence with %q and without the values", text, err, line)
		}
	}
	if _, err := readDotenv(filepath.Dir(file)); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a folder: %v", err)
	}
}
