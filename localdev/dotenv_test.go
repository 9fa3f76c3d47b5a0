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
	write := func(text string) { writeDotenv(t, file, text) }
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
		"hush hush\nA=b\n":                          "line 1 ",
		"MAIL_FROM=b\nhush hush\nSECRET_KEY=hush\n": "line 2 ",
		"A=b\nC=d\nSECRET_KEY=\"hush\nE=f\n":        "line 3 ",
		"A=\"two\nlines\"\nSECRET_KEY='hush\n":      "line 3 ",
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

// What is in the file is what counts: nothing is expanded, and no mark of an
// editor is read.
func TestDotenvTakesValuesAsTheyAre(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".env")
	for text, want := range map[string]string{
		"ADMIN_PASSWORD=Tr0ub$4dor$Horse9\n":                           "Tr0ub$4dor$Horse9",
		"ADMIN_PASSWORD=\"Tr0ub$4dor$Horse9\"\n":                       "Tr0ub$4dor$Horse9",
		"ADMIN_PASSWORD='Tr0ub$4dor$Horse9'\n":                         "Tr0ub$4dor$Horse9",
		"SECRET_KEY=x\nADMIN_PASSWORD=$SECRET_KEY${SECRET_KEY}$(id)\n": "$SECRET_KEY${SECRET_KEY}$(id)",
		"ADMIN_PASSWORD=\"a\\$b\"\n":                                   "a$b",
		"\ufeffADMIN_PASSWORD=secret\n":                                "secret",
		"\ufeff# a comment\r\nADMIN_PASSWORD=secret\r\n":               "secret",
		"ADMIN_PASSWORD=a#b=c:d\n":                                     "a#b=c:d",
		"ADMIN_PASSWORD=#b\n":                                          "#b",
		"SECRET_KEY=x\nADMIN_PASSWORD=   # default: a random one\n":    "",
		"export ADMIN_PASSWORD=\t# a comment\r\nSECRET_KEY=x\r\n":      "",
		"ADMIN_PASSWORD=pass word # comment\n":                         "pass word",
		"ADMIN_PASSWORD=\"pass # word\"\n":                             "pass # word",
	} {
		writeDotenv(t, file, text)
		if got, err := readDotenv(file); err != nil || got["ADMIN_PASSWORD"] != want {
			t.Errorf("%q: %q, %v", text, got["ADMIN_PASSWORD"], err)
		}
	}
}

func TestDotenvRefusesUnknownNames(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".env")
	for text, want := range map[string]string{
		"PASSWORD_MIN_LENGHT=12\n":             "PASSWORD_MIN_LENGHT, which is no setting of Roster; did you mean PASSWORD_MIN_LENGTH?",
		"MAIL_FROM=a@b.example\nCANARY=hush\n": "CANARY, which localdev does not read",
		"mail_from=hush\n":                     "mail_from, which localdev does not read",
		"SECRET_KEY=hush\x00hush\n":            "is not text",
	} {
		writeDotenv(t, file, text)
		if _, err := readDotenv(file); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func writeDotenv(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
