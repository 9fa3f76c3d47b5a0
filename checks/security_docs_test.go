package checks_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tables of docs/security name the test that shows each answer. Here they
// are held against the repository, so that they cannot rot.

var (
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]*)\(`)
	named    = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]*)`")
	linkedTo = regexp.MustCompile(`\]\(([^)#]*)`)
	asvsID   = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
)

// declaredTests are the names of all tests of the repository.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			for _, m := range declared.FindAllStringSubmatch(readFile(t, path), -1) {
				all[m[1]] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// tableRows are a document's rows, cell by cell, without heads.
func tableRows(text string) (rows [][]string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| --") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

// Each row is answered in one word, and one that says yes says what shows it.
func TestSecurityTablesAreWhole(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{"docs/security/original-weaknesses.md": 14, "docs/security/published-vulnerabilities.md": 40} {
		n := 0
		for _, row := range tableRows(readFile(t, path)) {
			if row[0] == "#" {
				continue
			}
			if n++; row[0] != fmt.Sprint(n) {
				t.Errorf("%s: row %d is numbered %s", path, n, row[0])
			}
			answered(t, path+" row "+row[0], row[len(row)-2], row[len(row)-1])
		}
		if n != want {
			t.Errorf("%s has %d rows, want %d", path, n, want)
		}
	}
}

// answered checks one row's answer and what stands beside it.
func answered(t *testing.T, row, answer, by string) {
	t.Helper()
	switch answer {
	case "pass":
		if !named.MatchString(by) && !linkedTo.MatchString(by) {
			t.Errorf("%s passes, but by no test and no document: %s", row, by)
		}
	case "not applicable", "open":
		if by == "" {
			t.Errorf("%s is %s without a reason", row, answer)
		}
	default:
		t.Errorf("%s is answered %q: it must be pass, not applicable or open", row, answer)
	}
}

// The counts at the end of the ASVS document are those of its rows.
func TestASVSIsCounted(t *testing.T) {
	t.Parallel()
	const path = "docs/security/asvs-5.0.md"
	got, want := map[string]int{}, map[string]int{}
	seen := map[string]bool{}
	for _, row := range tableRows(readFile(t, path)) {
		switch {
		case len(row) == 5 && asvsID.MatchString(row[0]):
			if seen[row[0]] {
				t.Errorf("%s is there twice", row[0])
			}
			seen[row[0]] = true
			got[row[1]+" "+row[3]]++
			got[row[1]+" all"]++
			answered(t, row[0], row[3], row[4])
		case len(row) == 5 && (row[0] == "1" || row[0] == "2"):
			for i, answer := range []string{"pass", "not applicable", "open", "all"} {
				var n int
				if _, err := fmt.Sscan(row[i+1], &n); err != nil {
					t.Errorf("%v: %v", row, err)
				}
				if n > 0 {
					want[row[0]+" "+answer] = n
				}
			}
		}
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s: rows (-) and its counts (+):\n%s", path, diff)
	}
	// Level 1 whole, and of level 2 chapters 1, 2, 6 to 9, 11 and 16.
	if got["1 all"] != 70 || got["2 all"] != 93 {
		t.Errorf("%d rows of level 1 and %d of level 2, want 70 and 93", got["1 all"], got["2 all"])
	}
}
